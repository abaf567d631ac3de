import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const saysWhichVersionGaveUp: Behaviour = {
  sentence: 'keeps with a dead letter which version of its consumer gave it up, and lets a replay start without',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    (await work.next()).settle({ kind: 'dead-letter', reason: 'Bug', detail: 'No.', consumerVersion: '1.2.3' });
    await work.subscription.stop();
    const seen = async () =>
      (await transport.deadLetters.peek('work')).letters.map(({ id, consumerVersion }) => [id, consumerVersion]);
    deepEqual(await seen(), [['m', '1.2.3']]);

    await transport.deadLetters.replay('work');
    const again = await receive(transport, 'work');
    const delivery = await again.next();
    deepEqual(delivery.envelope.headers, {});
    delivery.settle({ kind: 'dead-letter', reason: 'Bug', detail: 'No.' });
    await again.subscription.stop();
    deepEqual(await seen(), [['m', undefined]]);
  },
};
