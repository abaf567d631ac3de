import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function redeliversWhenTheConsumerDies(harness: TransportHarness): void {
  it('redelivers what a dead consumer held, once its lock has run out', () =>
    inEnvironment(harness, async (environment) => {
      const [mortal, survivor] = [await environment.connect(), await environment.connect()];
      const doomed = await receive(mortal, 'work');
      await survivor.send([outgoing('m')]);
      expect((await doomed.next()).attempt).toBe(1);
      await environment.crash(mortal);

      const work = await receive(survivor, 'work');
      await survivor.send([outgoing('meanwhile')]);
      // Where locks run out, the other message comes first; where a lost connection is noticed, it may not.
      const first = await work.complete();
      await environment.advance(environment.lockDurationMs);
      const seen = [first, await work.complete()].map(({ envelope, attempt }) => [envelope.id, attempt]);
      expect(seen.sort()).toEqual([
        ['m', 2],
        ['meanwhile', 1],
      ]);
    }));
}
