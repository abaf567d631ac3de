import { expect, it } from '@jest/globals';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function replaysToTheQueueNamed(harness: TransportHarness): void {
  it('replays to the queue named, and refuses places and limits that are none', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      await deadLetter(transport, ['1']);
      const invalid = { code: 'InvalidOptions' };
      for (const limit of [0, -1, NaN]) {
        await expect(transport.deadLetters.replay('work', { limit })).rejects.toMatchObject(invalid);
      }
      for (const place of [
        '',
        'happenings/subscriptions',
        'happenings/subscriptions/billing/x',
        '/subscriptions/work',
      ]) {
        await expect(transport.deadLetters.replay(place, { to: 'other' })).rejects.toMatchObject(invalid);
      }
      expect(await transport.deadLetters.replay('work', { to: 'other' })).toMatchObject({ replayed: 1 });
      expect(await deadLetterIds(transport)).toEqual([]);
      const other = await receive(transport, 'other');
      expect((await other.complete()).envelope.id).toBe('1');
    }));
}
