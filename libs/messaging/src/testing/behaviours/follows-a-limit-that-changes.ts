import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const followsALimitThatChanges: Behaviour = {
  sentence: 'hands out no more than a lowered limit, and as many as a raised one',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work', 3);
    await other.send(['1', '2', '3'].map((id) => outgoing(id)));
    const running = [await work.next(), await work.next(), await work.next()];
    await work.subscription.setConcurrency(1);
    await other.send([outgoing('4'), outgoing('5')]);
    running[0]?.settle({ kind: 'complete' });
    running[1]?.settle({ kind: 'complete' });
    const rival = await receive(other, 'work');
    equal((await rival.complete()).envelope.id, '4');
    equal((await rival.complete()).envelope.id, '5');
    await rival.subscription.stop();
    equal(work.waiting, 0);
    running[2]?.settle({ kind: 'complete' });

    await other.send([outgoing('6')]);
    equal((await work.complete()).envelope.id, '6');
    await work.subscription.setConcurrency(4);
    await other.send(['7', '8', '9', '10'].map((id) => outgoing(id)));
    const many = [await work.next(), await work.next(), await work.next(), await work.next()];
    equal(work.subscription.health().inFlight, 4);
    for (const delivery of many) delivery.settle({ kind: 'complete' });
  },
};
