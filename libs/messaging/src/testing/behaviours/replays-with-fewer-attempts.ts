import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { deadLetter } from '../dead-letter-messages.js';
import { receive } from '../receive.js';

export const replaysWithFewerAttempts: Behaviour = {
  sentence: 'tells the consumer how many attempts a replay left its message, over a delay, until the next replay',
  async run(environment) {
    const transport = await environment.connect();
    await deadLetter(transport, ['m']);
    await transport.deadLetters.replay('work', { maxAttempts: 2 });
    const work = await receive(transport, 'work');
    const first = await work.next();
    deepEqual([first.attempt, first.maxAttempts, first.envelope.headers], [1, 2, {}]);
    first.settle({ kind: 'retry', delayMs: 0, reason: 'not yet' });
    const second = await work.next();
    deepEqual([second.attempt, second.maxAttempts], [2, 2]);
    second.settle({ kind: 'dead-letter', reason: 'AttemptsExhausted', detail: 'The test wanted it so.' });
    await work.subscription.stop();

    await transport.deadLetters.replay('work');
    const again = await receive(transport, 'work');
    equal((await again.complete()).maxAttempts, undefined);
  },
};
