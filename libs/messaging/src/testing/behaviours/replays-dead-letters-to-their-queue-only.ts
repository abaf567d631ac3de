import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receive } from '../receive.js';
import { outgoing } from '../outgoing.js';

export const replaysDeadLettersToTheirQueueOnly: Behaviour = {
  sentence: 'replays dead letters to their queue only, with all attempts new and nothing doubled',
  async run(environment) {
    const transport = await environment.connect();
    const [work, other] = [await receive(transport, 'work'), await receive(transport, 'other')];
    const message = outgoing('m', { type: 'other.happened' }, { topic: 'happenings' });
    await transport.send([message]);
    await other.complete();
    (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    (await work.next()).settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');

    deepEqual(await transport.deadLetters.replay('work'), { replayed: 1, failed: 0, skipped: 0 });
    deepEqual(await transport.deadLetters.replay('work'), { replayed: 0, failed: 0, skipped: 0 });
    const replayed = await work.complete();
    equal(replayed.attempt, 1);
    deepEqual(
      { ...replayed.envelope, body: [...replayed.envelope.body] },
      {
        ...message.envelope,
        body: [...message.envelope.body],
      },
    );
    await transport.send([outgoing('last'), outgoing('last', {}, { queue: 'other' })]);
    equal((await work.complete()).envelope.id, 'last');
    equal((await other.complete()).envelope.id, 'last');
  },
};
