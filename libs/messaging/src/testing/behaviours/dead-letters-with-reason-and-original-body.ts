import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const deadLettersWithReasonAndOriginalBody: Behaviour = {
  sentence: 'dead-letters with the reason, the detail and the original body',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    const body = new TextEncoder().encode('{"not": json');
    await transport.send([outgoing('m', { body, correlationId: 'c', orderingKey: 'k' })]);
    const detail = 'x'.repeat(10_000);
    (await work.next()).settle({ kind: 'dead-letter', reason: 'UnreadableBody', detail });
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');

    const { letters } = await transport.deadLetters.peek('work');
    equal(letters.length, 1);
    matches(letters[0], {
      id: 'm',
      type: 'work.do',
      version: 1,
      reason: 'UnreadableBody',
      attempt: 1,
      generation: 0,
      correlationId: 'c',
      orderingKey: 'k',
      size: body.byteLength,
      preview: '{"not": json',
    });
    equal(letters[0]?.detail.slice(0, 4_000), detail.slice(0, 4_000));
  },
};
