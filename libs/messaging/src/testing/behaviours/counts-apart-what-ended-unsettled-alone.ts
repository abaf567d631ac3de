import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const countsApartWhatEndedUnsettledAlone: Behaviour = {
  sentence: 'counts crashes since a message was isolated apart from those before, over releases, until it is retried',
  async run(environment) {
    const seen: [attempt: number, unsettled: number, unsettledAlone: number | undefined][] = [];
    const sender = await environment.connect();
    await sender.send([outgoing('m')]);
    for (let crashes = 0; crashes < 2; crashes += 1) {
      const mortal = await environment.connect();
      const doomed = await receive(mortal, 'work');
      const delivery = await doomed.next();
      seen.push([delivery.attempt, delivery.unsettled, delivery.unsettledAlone]);
      if (crashes === 1) {
        delivery.settle({ kind: 'release', delayMs: 1, isolate: { begun: 1 } });
        await environment.advance(1);
        const isolated = await doomed.next();
        seen.push([isolated.attempt, isolated.unsettled, isolated.unsettledAlone]);
        isolated.settle({ kind: 'release' });
        await doomed.next();
      }
      await environment.crash(mortal);
      await environment.advance(environment.lockDurationMs);
    }
    const work = await receive(sender, 'work');
    const delivery = await work.next();
    seen.push([delivery.attempt, delivery.unsettled, delivery.unsettledAlone]);
    delivery.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const next = await work.complete();
    seen.push([next.attempt, next.unsettled, next.unsettledAlone]);
    deepEqual(seen, [
      [1, 0, undefined],
      [2, 1, undefined],
      [2, 1, 0],
      [3, 2, 1],
      [4, 0, undefined],
    ]);
  },
};
