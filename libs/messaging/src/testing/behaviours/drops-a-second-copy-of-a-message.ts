import { expect } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { itUnlessMissing } from '../it-unless-missing.js';
import type { TransportHarness } from '../transport-harness.js';

export function dropsASecondCopyOfAMessage(harness: TransportHarness): void {
  const behaviour = 'drops a second copy of a message, but not the copy of its retry';
  itUnlessMissing(harness, 'duplicateDetection', behaviour, async (environment) => {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m'), outgoing('m')]);
    await transport.send([outgoing('m'), outgoing('next')]);
    (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const seen = [await work.complete(), await work.complete()].map(({ envelope, attempt }) => [envelope.id, attempt]);
    expect(seen.sort()).toEqual([
      ['m', 2],
      ['next', 1],
    ]);
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
  });
}
