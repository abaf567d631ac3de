import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import type { Settlement } from '../../transport.js';
import { deadLetterIds } from '../dead-letter-messages.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

const complete: Settlement = { kind: 'complete' };
const refuse = (reason: string): Settlement => ({ kind: 'dead-letter', reason, detail: `It was ${reason}.` });

export const settlesNeighboursEachItsOwnWay: Behaviour = {
  sentence: 'settles messages that are done at the same moment each its own way',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work', 2);
    const settleTwo = async (first: Settlement, second: Settlement, ids: readonly [string, string]) => {
      await transport.send(ids.map((id) => outgoing(id)));
      const deliveries = [await work.next(), await work.next()];
      for (const delivery of deliveries) delivery.settle(delivery.envelope.id === ids[0] ? first : second);
    };
    await settleTwo(complete, refuse('late'), ['a1', 'a2']);
    await settleTwo(refuse('early'), complete, ['b1', 'b2']);
    await settleTwo(refuse('odd'), refuse('even'), ['c1', 'c2']);
    await work.subscription.stop();

    deepEqual(await deadLetterIds(transport), ['a2', 'b1', 'c1', 'c2']);
    const { letters } = await transport.deadLetters.peek('work');
    deepEqual(
      letters.map(({ reason }) => reason),
      ['late', 'early', 'odd', 'even'],
    );
  },
};
