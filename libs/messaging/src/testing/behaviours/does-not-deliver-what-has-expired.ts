import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const doesNotDeliverWhatHasExpired: Behaviour = {
  sentence: 'does not deliver what has waited for longer than its time to live, counted from its time of delivery',
  needs: 'timeToLive',
  async run(environment) {
    const transport = await environment.connect();
    const deliverAt = new Date(environment.now() + 60_000);
    await transport.send([
      { ...outgoing('short'), timeToLiveMs: 30_000 },
      { ...outgoing('long'), timeToLiveMs: 300_000 },
      { ...outgoing('scheduled'), deliverAt, timeToLiveMs: 30_000 },
    ]);
    await environment.advance(60_000);
    const work = await receive(transport, 'work');
    const delivered = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
    deepEqual(delivered.sort(), ['long', 'scheduled']);
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
  },
};
