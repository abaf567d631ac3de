import { expect, it } from '@jest/globals';
import { matching } from '../../dead-letter/matching.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { outgoing } from '../outgoing.js';

export function discardsTheChosenDeadLetters(harness: TransportHarness): void {
  it('discards the chosen dead letters for good, and skips those that are gone', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      await deadLetter(transport, ['1', '2', '3', '4']);
      const { letters } = await transport.deadLetters.peek('work');
      const places = new Set(letters.filter(({ id }) => id !== '2').map(({ place }) => place));
      const filter = matching({ ids: ['1'], reasons: ['Refused'] });
      const one = await transport.deadLetters.discard('work', { places, filter });
      expect(one).toMatchObject({ discarded: 1, failed: 0, skipped: 0 });
      expect(await deadLetterIds(transport)).toEqual(['2', '3', '4']);

      const progress: number[] = [];
      const onProgress = ({ discarded }: { readonly discarded: number }): void => void progress.push(discarded);
      const rest = await transport.deadLetters.discard('work', { places, onProgress });
      expect(rest).toMatchObject({ discarded: 2, failed: 0, skipped: 1 });
      expect(progress).toEqual([1, 2]);
      expect(await deadLetterIds(transport)).toEqual(['2']);
      await transport.send([outgoing('fence')]);
      const work = await receive(transport, 'work');
      expect((await work.complete()).envelope.id).toBe('fence');
    }));
}
