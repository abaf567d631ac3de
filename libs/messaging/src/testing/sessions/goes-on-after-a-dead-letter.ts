import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { ordered, receiveOrdered, sendOrdered } from './session-bench.js';

export function goesOnAfterADeadLetter(harness: TransportHarness): void {
  it('goes on with the next message of a session after a dead letter, whose replay joins the same session', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receiveOrdered(transport);
      await sendOrdered(transport, 'a1', 'a2');
      (await work.of('a1')).settle({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' });
      await work.complete('a2');
      const { letters } = await transport.deadLetters.peek(ordered);
      expect(letters).toMatchObject([{ id: 'a1', reason: 'Refused' }]);
      expect(await transport.deadLetters.replay(ordered)).toMatchObject({ replayed: 1 });
      const replayed = await work.complete('a1');
      expect([replayed.attempt, replayed.session?.id]).toEqual([1, 'a']);
    }));
}
