import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { receiveOrdered, sendOrdered, whileTimePasses } from './session-bench.js';

export function handsSessionsBackWithoutAnAttempt(harness: TransportHarness): void {
  it('hands sessions back when it stops or pauses, and counts no attempt for that, nor for what waits', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const first = await receiveOrdered(transport);
      await sendOrdered(transport, 'a1', 'a2', 'b1');
      const [running, retried] = [await first.of('a1'), await first.of('b1')];
      retried.settle({ kind: 'retry', delayMs: 10_000, reason: 'not yet' });
      // Pausing keeps what is in hand, and gives back what only waits.
      await first.subscription.setConcurrency(0);
      await sendOrdered(transport, 'c1');
      await environment.advance(20_000);
      expect(first.seen).toEqual(['a1 attempt 1', 'b1 attempt 1']);
      expect(running.signal.aborted).toBe(false);
      await first.subscription.setConcurrency(4);
      expect((await first.complete('b1')).attempt).toBe(2);
      await first.complete('c1');

      await whileTimePasses(environment, 1_000, first.subscription.stop(2_000));
      expect(running.signal.aborted).toBe(true);
      const second = await receiveOrdered(await environment.connect());
      expect(await second.complete('a1')).toMatchObject({ attempt: 1, unsettled: 0 });
      expect((await second.complete('a2')).attempt).toBe(1);
    }));
}
