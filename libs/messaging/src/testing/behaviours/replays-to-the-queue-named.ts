import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';

export const replaysToTheQueueNamed: Behaviour = {
  sentence: 'replays to the queue named, and refuses places and limits that are none',
  async run(environment) {
    const transport = await environment.connect();
    await deadLetter(transport, ['1']);
    const invalid = { code: 'InvalidOptions' };
    for (const limit of [0, -1, NaN]) {
      await rejects(transport.deadLetters.replay('work', { limit }), invalid);
    }
    for (const place of ['', 'happenings/subscriptions', 'happenings/subscriptions/billing/x', '/subscriptions/work']) {
      await rejects(transport.deadLetters.replay(place, { to: 'other' }), invalid);
    }
    matches(await transport.deadLetters.replay('work', { to: 'other' }), { replayed: 1 });
    deepEqual(await deadLetterIds(transport), []);
    const other = await receive(transport, 'other');
    equal((await other.complete()).envelope.id, '1');
  },
};
