import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const doesNotProlongATimeToLive: Behaviour = {
  sentence:
    'does not prolong a time to live by retries, dead-letters what would be late, and starts anew with a replay',
  needs: 'timeToLive',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    const { longDelayMs } = environment;
    await transport.send([{ ...outgoing('m'), timeToLiveMs: 30 * longDelayMs }]);
    (await work.next()).settle({ kind: 'retry', delayMs: longDelayMs, reason: 'again' });
    await environment.advance(longDelayMs);
    const second = await work.next();
    equal(second.attempt, 2);
    // Less than all of it, and more than what is left.
    second.settle({ kind: 'retry', delayMs: 29.5 * longDelayMs, reason: 'again' });
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
    const { letters } = await transport.deadLetters.peek('work');
    matches(letters, [{ id: 'm', reason: 'Expired' }]);

    await transport.deadLetters.replay('work');
    const replayed = await work.next();
    equal(replayed.attempt, 1);
    replayed.settle({ kind: 'retry', delayMs: longDelayMs, reason: 'again' });
    await environment.advance(longDelayMs);
    equal((await work.complete()).attempt, 2);
  },
};
