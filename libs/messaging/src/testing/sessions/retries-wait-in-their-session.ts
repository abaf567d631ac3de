import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export const retriesWaitInTheirSession: Behaviour = {
  sentence: 'tries a message again before the rest of its session, which waits, and no other session does',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receiveOrdered(transport);
    await sendOrdered(transport, 'a1', 'a2');
    (await work.of('a1')).settle({ kind: 'retry', delayMs: 60_000, reason: 'not yet' });
    await sendOrdered(transport, 'b1');
    await work.complete('b1');
    await environment.advance(55_000);
    await sendOrdered(transport, 'b2');
    await work.complete('b2');
    deepEqual([...work.inHand.keys()], []);
    await environment.advance(10_000);
    const again = await work.of('a1');
    deepEqual([again.attempt, again.unsettled, again.firstFailure], [2, 0, 'not yet']);
    again.settle({ kind: 'retry', delayMs: 0, reason: 'still not' });
    const last = await work.complete('a1');
    deepEqual([last.attempt, last.firstFailure], [3, 'not yet']);
    equal((await work.complete('a2')).attempt, 1);
    deepEqual(work.errors, []);
  },
};
