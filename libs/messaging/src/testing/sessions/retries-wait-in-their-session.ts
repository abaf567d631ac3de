import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export function retriesWaitInTheirSession(harness: TransportHarness): void {
  it('tries a message again before the rest of its session, which waits, and no other session does', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receiveOrdered(transport);
      await sendOrdered(transport, 'a1', 'a2');
      (await work.of('a1')).settle({ kind: 'retry', delayMs: 60_000, reason: 'not yet' });
      await sendOrdered(transport, 'b1');
      await work.complete('b1');
      await environment.advance(55_000);
      await sendOrdered(transport, 'b2');
      await work.complete('b2');
      expect([...work.inHand.keys()]).toEqual([]);
      await environment.advance(10_000);
      const again = await work.of('a1');
      expect([again.attempt, again.unsettled, again.firstFailure]).toEqual([2, 0, 'not yet']);
      again.settle({ kind: 'retry', delayMs: 0, reason: 'still not' });
      const last = await work.complete('a1');
      expect([last.attempt, last.firstFailure]).toEqual([3, 'not yet']);
      expect((await work.complete('a2')).attempt).toBe(1);
      expect(work.errors).toEqual([]);
    }));
}
