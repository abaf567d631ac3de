import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const countsEveryAttempt: Behaviour = {
  sentence: 'counts delayed redeliveries and crashes in one number',
  async run(environment) {
    const mortal = await environment.connect();
    const first = await receive(mortal, 'work');
    await mortal.send([outgoing('m')]);
    const attempts: number[] = [];
    const delivery = await first.next();
    attempts.push(delivery.attempt);
    delivery.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    attempts.push((await first.next()).attempt);
    await environment.crash(mortal);
    await environment.advance(environment.lockDurationMs);

    const survivor = await environment.connect();
    const second = await receive(survivor, 'work');
    const redelivered = await second.next();
    attempts.push(redelivered.attempt);
    redelivered.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    attempts.push((await second.complete()).attempt);
    deepEqual(attempts, [1, 2, 3, 4]);
  },
};
