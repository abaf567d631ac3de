import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { ordered, receiveOrdered, sendOrdered } from './session-bench.js';

export const goesOnAfterADeadLetter: Behaviour = {
  sentence: 'goes on with the next message of a session after a dead letter, whose replay joins the same session',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receiveOrdered(transport);
    await sendOrdered(transport, 'a1', 'a2');
    (await work.of('a1')).settle({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' });
    await work.complete('a2');
    const { letters } = await transport.deadLetters.peek(ordered);
    matches(letters, [{ id: 'a1', reason: 'Refused' }]);
    matches(await transport.deadLetters.replay(ordered), { replayed: 1 });
    const replayed = await work.complete('a1');
    deepEqual([replayed.attempt, replayed.session?.id], [1, 'a']);
  },
};
