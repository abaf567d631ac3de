import type { MessagingHarness } from '../testing/messaging-harness.js';
import { MESSAGING_TIME, MESSAGING_TRANSPORT } from './messaging-module.js';

/** The part of `@nestjs/testing`'s builder that is needed here. */
interface Overrides<Builder> {
  overrideProvider(token: unknown): { useValue(value: unknown): Builder };
}

/**
 * Gives an app under test the harness's broker and time in the place of its own:
 * `useHarness(Test.createTestingModule({ imports: [AppModule] }), harness)`.
 */
export function useHarness<Builder extends Overrides<Builder>>(builder: Builder, harness: MessagingHarness): Builder {
  return builder
    .overrideProvider(MESSAGING_TRANSPORT)
    .useValue(harness.transport)
    .overrideProvider(MESSAGING_TIME)
    .useValue(harness.time);
}
