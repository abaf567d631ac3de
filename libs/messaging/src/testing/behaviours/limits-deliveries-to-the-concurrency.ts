import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const limitsDeliveriesToTheConcurrency: Behaviour = {
  sentence: 'hands out no more deliveries at a time than asked for, and as many',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work', 3);
    await transport.send(['1', '2', '3', '4', '5'].map((id) => outgoing(id)));
    const running = [await work.next(), await work.next(), await work.next()];
    deepEqual(work.subscription.health(), { state: 'running', inFlight: 3 });

    const rest = await receive(other, 'work', 2);
    equal((await rest.complete()).envelope.id, '4');
    equal((await rest.complete()).envelope.id, '5');
    equal(work.waiting, 0);

    running[1]?.settle({ kind: 'complete' });
    await rest.subscription.stop();
    await other.send([outgoing('6')]);
    equal((await work.complete()).envelope.id, '6');
  },
};
