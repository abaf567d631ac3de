import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

/** More than any broker's limit of deliveries in the suite, twice over. */
const releases = 25;

export const survivesAnyNumberOfReleases: Behaviour = {
  sentence: 'releases a message any number of times: the broker never gives it up, and no attempt is counted',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m', { headers: { tenant: 'a' } })]);
    for (let times = 0; times < releases; times += 1) {
      const delivery = await work.next();
      matches(delivery, { attempt: 1, unsettled: 0, envelope: { id: 'm', headers: { tenant: 'a' } } });
      delivery.settle({ kind: 'release' });
    }
    equal((await work.complete()).attempt, 1);
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
    deepEqual((await transport.deadLetters.peek('work')).letters, []);
    deepEqual(work.errors, []);
  },
};
