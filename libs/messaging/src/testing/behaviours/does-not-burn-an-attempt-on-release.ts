import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const doesNotBurnAnAttemptOnRelease: Behaviour = {
  sentence: 'does not burn an attempt on a release, however often it happens',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    for (let times = 0; times < 3; times += 1) {
      const delivery = await work.next();
      matches(delivery, { attempt: 1, envelope: { id: 'm' } });
      delivery.settle({ kind: 'release' });
    }
    equal((await work.complete()).attempt, 1);
  },
};
