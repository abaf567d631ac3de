import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const redeliversWhenTheConsumerDies: Behaviour = {
  sentence: 'redelivers what a dead consumer held, once its lock has run out',
  async run(environment) {
    const [mortal, survivor] = [await environment.connect(), await environment.connect()];
    const doomed = await receive(mortal, 'work');
    await survivor.send([outgoing('m')]);
    equal((await doomed.next()).attempt, 1);
    await environment.crash(mortal);

    const work = await receive(survivor, 'work');
    await survivor.send([outgoing('meanwhile')]);
    // Where locks run out, the other message comes first; where a lost connection is noticed, it may not.
    const first = await work.complete();
    await environment.advance(environment.lockDurationMs);
    const seen = [first, await work.complete()].map(({ envelope, attempt }) => [envelope.id, attempt]);
    deepEqual(seen.sort(), [
      ['m', 2],
      ['meanwhile', 1],
    ]);
  },
};
