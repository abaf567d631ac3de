import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { receiveOrdered, sendOrdered, whileTimePasses } from './session-bench.js';

export function keepsARetryOverACrash(harness: TransportHarness): void {
  it('neither forgets nor shortens a retry when the process dies while it waits, and counts no attempt for that', () =>
    inEnvironment(harness, async (environment) => {
      const mortal = await environment.connect();
      const doomed = await receiveOrdered(mortal);
      await sendOrdered(mortal, 'a1', 'a2', 'b1');
      (await doomed.of('a1')).settle({ kind: 'retry', delayMs: 60_000, reason: 'not yet' });
      await doomed.complete('b1');
      await environment.advance(2_000);
      await environment.crash(mortal);

      const heir = await environment.connect();
      const work = await receiveOrdered(heir);
      await sendOrdered(heir, 'c1');
      await work.complete('c1');
      await environment.advance(45_000);
      expect(work.seen).toEqual(['c1 attempt 1']);
      // The lock of the dead one may have to run out first.
      const again = await whileTimePasses(environment, 5_000, work.complete('a1'));
      expect(again).toMatchObject({ attempt: 2, unsettled: 0, firstFailure: 'not yet' });
      expect((await work.complete('a2')).attempt).toBe(1);
    }));
}
