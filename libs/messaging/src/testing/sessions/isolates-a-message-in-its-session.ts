import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';
import { whileTimePasses } from '../while-time-passes.js';

export const isolatesAMessageInItsSession: Behaviour = {
  sentence: 'an isolated message waits in its session, and crashes since then are counted apart',
  needs: 'sessions',
  async run(environment) {
    const sender = await environment.connect();
    await sendOrdered(sender, 'a1', 'a2');
    const first = await environment.connect();
    await (await receiveOrdered(first)).of('a1');
    await environment.crash(first);

    const second = await environment.connect();
    const doomed = await receiveOrdered(second);
    const delivery = await whileTimePasses(environment, 5_000, doomed.of('a1'));
    deepEqual([delivery.unsettled, delivery.unsettledAlone], [1, undefined]);
    delivery.settle({ kind: 'release', delayMs: 100, isolate: { begun: 1 } });
    const isolated = await whileTimePasses(environment, 5_000, doomed.of('a1'));
    deepEqual([isolated.attempt, isolated.unsettled, isolated.unsettledAlone], [2, 1, 0]);
    await environment.crash(second);

    const last = await receiveOrdered(await environment.connect());
    const again = await whileTimePasses(environment, 5_000, last.of('a1'));
    deepEqual([again.attempt, again.unsettled, again.unsettledAlone], [3, 2, 1]);
    again.settle({ kind: 'release' });
    const handedBack = await whileTimePasses(environment, 5_000, last.of('a1'));
    deepEqual([handedBack.attempt, handedBack.unsettled, handedBack.unsettledAlone], [3, 2, 1]);
    handedBack.settle({ kind: 'complete' });
    deepEqual((await last.complete('a2')).unsettledAlone, undefined);
  },
};
