import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const fansOutToTheSubscriptionsOfATopic: Behaviour = {
  sentence: 'gives each subscription of a topic its own copy of the types it asked for',
  async run(environment) {
    const transport = await environment.connect();
    const to = { topic: 'happenings' };
    await transport.send([outgoing('1', { type: 'work.happened' }, to), outgoing('2', { type: 'other.happened' }, to)]);
    const [work, other] = [await receive(transport, 'work'), await receive(transport, 'other')];

    equal((await work.complete()).envelope.id, '1');
    equal((await work.complete()).envelope.id, '2');
    equal((await other.complete()).envelope.id, '2');
  },
};
