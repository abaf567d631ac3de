import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const poisonMessageDoesNotHoldUpTheNext: Behaviour = {
  sentence: 'does not let a poison message hold up the next, at one delivery at a time',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('poison'), outgoing('slow poison'), outgoing('good')]);
    (await work.next()).settle({ kind: 'dead-letter', reason: 'Poison', detail: 'It cannot be handled.' });
    (await work.next()).settle({ kind: 'retry', delayMs: 5 * environment.longDelayMs, reason: 'later' });
    equal((await work.complete()).envelope.id, 'good');
  },
};
