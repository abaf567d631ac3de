import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';
import { whileTimePasses } from '../while-time-passes.js';

export const handsSessionsBackWithoutAnAttempt: Behaviour = {
  sentence: 'hands sessions back when it stops or pauses, and counts no attempt for that, nor for what waits',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    const first = await receiveOrdered(transport);
    await sendOrdered(transport, 'a1', 'a2', 'b1');
    const [running, retried] = [await first.of('a1'), await first.of('b1')];
    retried.settle({ kind: 'retry', delayMs: 10_000, reason: 'not yet' });
    // Pausing keeps what is in hand, and gives back what only waits.
    await first.subscription.setConcurrency(0);
    await sendOrdered(transport, 'c1');
    await environment.advance(20_000);
    deepEqual(first.seen, ['a1 attempt 1', 'b1 attempt 1']);
    equal(running.signal.aborted, false);
    await first.subscription.setConcurrency(4);
    equal((await first.complete('b1')).attempt, 2);
    await first.complete('c1');

    await whileTimePasses(environment, 1_000, first.subscription.stop(2_000));
    equal(running.signal.aborted, true);
    const second = await receiveOrdered(await environment.connect());
    matches(await second.complete('a1'), { attempt: 1, unsettled: 0 });
    equal((await second.complete('a2')).attempt, 1);
  },
};
