import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsTheLockOfASlowHandler: Behaviour = {
  sentence: 'keeps the locks of slow handlers for as long as they run',
  async run(environment) {
    const [transport, rival] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work', 3);
    await transport.send([outgoing('1'), outgoing('2'), outgoing('3')]);
    const slow = [await work.next(), await work.next(), await work.next()];
    const watching = await receive(rival, 'work');
    await environment.advance(5 * environment.lockDurationMs);

    deepEqual(
      slow.map(({ signal }) => signal.aborted),
      [false, false, false],
    );
    equal(watching.waiting, 0);
    for (const delivery of slow) delivery.settle({ kind: 'complete' });
    await work.subscription.stop();
    await rival.send([outgoing('fence')]);
    equal((await watching.complete()).envelope.id, 'fence');
    deepEqual(work.errors, []);
  },
};
