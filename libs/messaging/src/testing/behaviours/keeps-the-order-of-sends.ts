import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsTheOrderOfSends: Behaviour = {
  sentence: 'keeps the order of messages to one destination, within a send and between sends',
  async run(environment) {
    const transport = await environment.connect();
    const ids = Array.from({ length: 300 }, (_, index) => `m-${index}`);
    const messages = ids.map((id) => outgoing(id));
    await Promise.all([transport.send(messages.slice(0, 200)), transport.send(messages.slice(200))]);

    const work = await receive(transport, 'work');
    const seen: string[] = [];
    while (seen.length < ids.length) seen.push((await work.complete()).envelope.id);
    deepEqual(seen, ids);
  },
};
