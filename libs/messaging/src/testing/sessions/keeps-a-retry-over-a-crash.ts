import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';
import { whileTimePasses } from '../while-time-passes.js';

export const keepsARetryOverACrash: Behaviour = {
  sentence: 'neither forgets nor shortens a retry when the process dies while it waits, and counts no attempt for that',
  needs: 'sessions',
  async run(environment) {
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
    deepEqual(work.seen, ['c1 attempt 1']);
    // The lock of the dead one may have to run out first.
    const again = await whileTimePasses(environment, 5_000, work.complete('a1'));
    matches(again, { attempt: 2, unsettled: 0, firstFailure: 'not yet' });
    equal((await work.complete('a2')).attempt, 1);
  },
};
