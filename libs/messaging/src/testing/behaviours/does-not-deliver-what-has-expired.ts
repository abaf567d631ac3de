import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const doesNotDeliverWhatHasExpired: Behaviour = {
  sentence: 'does not deliver what has waited for longer than its time to live, counted from its time of delivery',
  needs: 'timeToLive',
  async run(environment) {
    const transport = await environment.connect();
    const deliverAt = new Date(environment.now() + 4 * environment.longDelayMs);
    await transport.send([
      { ...outgoing('short'), timeToLiveMs: environment.longDelayMs },
      { ...outgoing('long'), timeToLiveMs: 100 * environment.longDelayMs },
      { ...outgoing('scheduled'), deliverAt, timeToLiveMs: 3 * environment.longDelayMs },
    ]);
    await environment.advance(4 * environment.longDelayMs);
    const work = await receive(transport, 'work');
    const delivered = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
    deepEqual(delivered.sort(), ['long', 'scheduled']);
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
  },
};
