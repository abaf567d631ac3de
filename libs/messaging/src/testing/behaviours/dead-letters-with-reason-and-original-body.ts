import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function deadLettersWithReasonAndOriginalBody(harness: TransportHarness): void {
  it('dead-letters with the reason, the detail and the original body', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      const body = new TextEncoder().encode('{"not": json');
      await transport.send([outgoing('m', { body, correlationId: 'c', orderingKey: 'k' })]);
      const detail = 'x'.repeat(10_000);
      (await work.next()).settle({ kind: 'dead-letter', reason: 'UnreadableBody', detail });
      await transport.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');

      const { letters } = await transport.deadLetters.peek('work');
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
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
      expect(letters[0]?.detail.slice(0, 4_000)).toBe(detail.slice(0, 4_000));
    }));
}
