import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsForeignMessagesAsTheyAre: Behaviour = {
  sentence: 'keeps headers, the types of their values and the bytes of foreign messages, over a retry and a replay',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    const message = {
      messageId: 'legacy-1',
      type: 'legacy.happened',
      contentType: 'application/octet-stream',
      correlationId: 'c-1',
      headers: { tenant: 'a', count: 7, ratio: 1.5, isUrgent: true },
      body: Uint8Array.from({ length: 256 }, (_, index) => index),
    };
    await environment.sendForeign(message);
    const first = await work.next();
    const read = { id: 'legacy-1', type: 'legacy.happened', version: 0, correlationId: 'c-1' };
    matches(first.envelope, { ...read, headers: { tenant: 'a', count: '7', ratio: '1.5', isUrgent: 'true' } });
    deepEqual([...first.envelope.body], [...message.body]);
    first.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const second = await work.next();
    deepEqual([second.attempt, second.envelope.id], [2, 'legacy-1']);
    second.settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
    await work.subscription.stop();
    matches(await transport.deadLetters.replay('work'), { replayed: 1 });

    const { messageId: _, body, ...same } = message;
    const received = await environment.receiveForeign();
    matches(received, same);
    deepEqual([...received.body], [...body]);
  },
};
