import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';

export const replaysTheChosenDeadLettersOnly: Behaviour = {
  sentence: 'replays the chosen dead letters only, and leaves the others as they were',
  async run(environment) {
    const transport = await environment.connect();
    const ids = Array.from({ length: 12 }, (_, index) => `m-${index}`);
    await deadLetter(transport, ids);
    const chosen = new Set(['m-1', 'm-7', 'm-11']);
    const filter = ({ id }: { readonly id: string }): boolean => chosen.has(id);
    matches(await transport.deadLetters.replay('work', { filter }), {
      replayed: 3,
      failed: 0,
      skipped: 0,
    });

    const work = await receive(transport, 'work');
    const seen = [await work.complete(), await work.complete(), await work.complete()];
    deepEqual(
      seen.map(({ envelope }) => envelope.id),
      [...chosen],
    );
    const { letters } = await transport.deadLetters.peek('work');
    deepEqual(
      letters.map(({ id, attempt }) => [id, attempt]),
      ids.filter((id) => !chosen.has(id)).map((id) => [id, 1]),
    );
    deepEqual(await transport.deadLetters.replay('work', { filter }), { replayed: 0, failed: 0, skipped: 0 });
    equal((await deadLetterIds(transport)).length, 9);
  },
};
