import { expect, it } from '@jest/globals';
import { inEnvironment, type Optional, type TransportEnvironment, type TransportHarness } from './transport-harness.js';

/**
 * One behaviour that needs a capability. Where the harness declares it missing, the transport has to say the same, and
 * the title gives the reason.
 */
export function itUnlessMissing(
  harness: TransportHarness,
  capability: Optional,
  behaviour: string,
  test: (environment: TransportEnvironment) => Promise<void>,
): void {
  const why = harness.missing?.[capability];
  if (why === undefined) it(behaviour, () => inEnvironment(harness, test));
  else {
    it(`${behaviour} [missing: ${why}]`, () =>
      inEnvironment(harness, async (environment) => {
        const { capabilities } = await environment.connect();
        expect(capabilities[capability] ?? false).toBe(false);
      }));
  }
}
