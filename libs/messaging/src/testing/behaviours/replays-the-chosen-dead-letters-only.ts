import { expect, it } from '@jest/globals';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function replaysTheChosenDeadLettersOnly(harness: TransportHarness): void {
  it('replays the chosen dead letters only, and leaves the others as they were', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const ids = Array.from({ length: 12 }, (_, index) => `m-${index}`);
      await deadLetter(transport, ids);
      const chosen = new Set(['m-1', 'm-7', 'm-11']);
      const filter = ({ id }: { readonly id: string }): boolean => chosen.has(id);
      expect(await transport.deadLetters.replay('work', { filter })).toMatchObject({
        replayed: 3,
        failed: 0,
        skipped: 0,
      });

      const work = await receive(transport, 'work');
      const seen = [await work.complete(), await work.complete(), await work.complete()];
      expect(seen.map(({ envelope }) => envelope.id)).toEqual([...chosen]);
      const { letters } = await transport.deadLetters.peek('work');
      expect(letters.map(({ id, attempt }) => [id, attempt])).toEqual(
        ids.filter((id) => !chosen.has(id)).map((id) => [id, 1]),
      );
      expect(await transport.deadLetters.replay('work', { filter })).toEqual({ replayed: 0, failed: 0, skipped: 0 });
      expect(await deadLetterIds(transport)).toHaveLength(9);
    }));
}
