import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { outgoing } from '../outgoing.js';

export const readsWholeDeadLetters: Behaviour = {
  sentence: 'reads the whole messages of the dead letters asked for, and takes none',
  async run(environment) {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3', '4']);
    const { letters } = await transport.deadLetters.peek('work');
    const places = letters.filter(({ id }) => id === '2' || id === '4').map(({ place }) => place);
    const { envelope } = outgoing('2');
    for (let time = 0; time < 2; time += 1) {
      const found = await transport.deadLetters.read('work', [...places].reverse());
      deepEqual(
        found.map(({ letter }) => letter),
        letters.filter(({ place }) => places.includes(place)),
      );
      equal(found[0]?.envelope.id, '2');
      equal(found[0]?.envelope.type, envelope.type);
      deepEqual(found[0]?.envelope.headers, envelope.headers);
      deepEqual(Buffer.from(found[0]?.envelope.body ?? []), Buffer.from(envelope.body));
    }
    await transport.deadLetters.discard('work', { places: new Set(places.slice(0, 1)) });
    deepEqual(
      (await transport.deadLetters.read('work', places)).map(({ letter }) => letter.id),
      ['4'],
    );
    deepEqual(await transport.deadLetters.read('work', []), []);
    deepEqual(await deadLetterIds(transport), ['1', '3', '4']);
    await rejects(transport.deadLetters.read('nowhere', places), { code: 'QueueNotFound' });
  },
};
