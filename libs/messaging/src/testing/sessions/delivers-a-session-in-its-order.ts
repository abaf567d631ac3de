import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export const deliversASessionInItsOrder: Behaviour = {
  sentence: 'delivers a session in its order, one at a time, and several sessions beside each other',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    await sendOrdered(transport, 'a1', 'a2', 'b1', 'a3', 'b2', 'c1');
    const work = await receiveOrdered(transport);
    await Promise.all(['a1', 'b1', 'c1'].map((name) => work.of(name)));
    deepEqual([...work.inHand.keys()].sort(), ['a1', 'b1', 'c1']);
    equal((await work.of('a1')).session?.id, 'a');
    await work.complete('a1');
    await work.of('a2');
    deepEqual([...work.inHand.keys()].sort(), ['a2', 'b1', 'c1']);
    for (const name of ['a2', 'a3', 'b1', 'b2', 'c1']) await work.complete(name);
    deepEqual(
      work.seen.filter((line) => line.startsWith('a')),
      ['a1 attempt 1', 'a2 attempt 1', 'a3 attempt 1'],
    );
    await sendOrdered(transport, 'a4');
    await work.complete('a4');
    deepEqual(work.errors, []);
  },
};
