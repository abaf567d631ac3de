import { expect, it } from '@jest/globals';
import { receive } from '../receive.js';
import { outgoing } from '../outgoing.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function replaysDeadLettersToTheirQueueOnly(harness: TransportHarness): void {
  it('replays dead letters to their queue only, with all attempts new and nothing doubled', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const [work, other] = [await receive(transport, 'work'), await receive(transport, 'other')];
      const message = outgoing('m', { type: 'other.happened' }, { topic: 'happenings' });
      await transport.send([message]);
      await other.complete();
      (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
      (await work.next()).settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
      await transport.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');

      expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, failed: 0, skipped: 0 });
      expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 0, failed: 0, skipped: 0 });
      const replayed = await work.complete();
      expect(replayed.attempt).toBe(1);
      expect({ ...replayed.envelope, body: [...replayed.envelope.body] }).toEqual({
        ...message.envelope,
        body: [...message.envelope.body],
      });
      await transport.send([outgoing('last'), outgoing('last', {}, { queue: 'other' })]);
      expect((await work.complete()).envelope.id).toBe('last');
      expect((await other.complete()).envelope.id).toBe('last');
    }));
}
