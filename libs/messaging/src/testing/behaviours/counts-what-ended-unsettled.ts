import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const countsWhatEndedUnsettled: Behaviour = {
  sentence: 'counts crashes of this round apart from releases and delayed retries',
  async run(environment) {
    const seen: [attempt: number, unsettled: number][] = [];
    const sender = await environment.connect();
    await sender.send([outgoing('m')]);
    for (let crashes = 0; crashes < 2; crashes += 1) {
      const mortal = await environment.connect();
      const doomed = await receive(mortal, 'work');
      const released = await doomed.next();
      seen.push([released.attempt, released.unsettled]);
      released.settle({ kind: 'release' });
      const delivery = await doomed.next();
      seen.push([delivery.attempt, delivery.unsettled]);
      await environment.crash(mortal);
      await environment.advance(environment.lockDurationMs);
    }
    const work = await receive(sender, 'work');
    const delivery = await work.next();
    seen.push([delivery.attempt, delivery.unsettled]);
    delivery.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const next = await work.complete();
    seen.push([next.attempt, next.unsettled]);
    deepEqual(seen, [
      [1, 0],
      [1, 0],
      [2, 1],
      [2, 1],
      [3, 2],
      [4, 0],
    ]);
  },
};
