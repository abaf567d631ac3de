import { expect, it } from '@jest/globals';
import { deadLetter } from '../dead-letter-messages.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function pagesThroughDeadLetters(harness: TransportHarness): void {
  it('pages through dead letters, oldest first, without taking them', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      expect(await transport.deadLetters.peek('work')).toEqual({ letters: [] });
      await deadLetter(transport, ['1', '2', '3', '4', '5']);

      for (let look = 0; look < 2; look += 1) {
        const pages: string[][] = [];
        let from: string | undefined;
        do {
          const page = await transport.deadLetters.peek('work', { limit: 2, ...(from === undefined ? {} : { from }) });
          if (page.letters.length > 0) pages.push(page.letters.map(({ id }) => id));
          from = page.next;
        } while (from !== undefined);
        expect(pages).toEqual([['1', '2'], ['3', '4'], ['5']]);
      }
      await expect(transport.deadLetters.peek('work', { limit: 0 })).rejects.toMatchObject({ code: 'InvalidOptions' });
      await expect(transport.deadLetters.peek('nowhere')).rejects.toMatchObject({ code: 'QueueNotFound' });
    }));
}
