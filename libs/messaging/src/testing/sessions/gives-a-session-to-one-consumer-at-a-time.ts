import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export const givesASessionToOneConsumerAtATime: Behaviour = {
  sentence: 'gives a session to one consumer at a time, however many there are',
  needs: 'sessions',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    await sendOrdered(transport, 'a1', 'a2');
    const first = await receiveOrdered(transport);
    await first.of('a1');
    const second = await receiveOrdered(other);
    await sendOrdered(transport, 'b1', 'a3');
    // Whoever has b1, nobody has a2.
    await Promise.race([first.of('b1'), second.of('b1')]);
    await environment.advance(environment.lockDurationMs * 2);
    deepEqual([...first.inHand.keys(), ...second.inHand.keys()].sort(), ['a1', 'b1']);
    const completed = first.complete('a1').then(() => Promise.race([first.of('a2'), second.of('a2')]));
    equal((await completed).attempt, 1);
  },
};
