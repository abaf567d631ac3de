import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { matching } from '../../dead-letter/matching.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';
import { outgoing } from '../outgoing.js';

export const discardsTheChosenDeadLetters: Behaviour = {
  sentence: 'discards the chosen dead letters for good, and skips those that are gone',
  async run(environment) {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3', '4']);
    const { letters } = await transport.deadLetters.peek('work');
    const places = new Set(letters.filter(({ id }) => id !== '2').map(({ place }) => place));
    const filter = matching({ ids: ['1'], reasons: ['Refused'] });
    const one = await transport.deadLetters.discard('work', { places, filter });
    matches(one, { discarded: 1, failed: 0, skipped: 0 });
    deepEqual(await deadLetterIds(transport), ['2', '3', '4']);

    const progress: number[] = [];
    const onProgress = ({ discarded }: { readonly discarded: number }): void => void progress.push(discarded);
    const rest = await transport.deadLetters.discard('work', { places, onProgress });
    matches(rest, { discarded: 2, failed: 0, skipped: 1 });
    deepEqual(progress, [1, 2]);
    deepEqual(await deadLetterIds(transport), ['2']);
    await transport.send([outgoing('fence')]);
    const work = await receive(transport, 'work');
    equal((await work.complete()).envelope.id, 'fence');
  },
};
