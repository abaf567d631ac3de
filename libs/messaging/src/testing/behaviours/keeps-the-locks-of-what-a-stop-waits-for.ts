import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsTheLocksOfWhatAStopWaitsFor: Behaviour = {
  sentence: 'keeps the locks of what a stop waits for',
  async run(environment) {
    const [transport, rival] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const running = await work.next();
    const stopped = work.subscription.stop(10 * environment.lockDurationMs);
    const watching = await receive(rival, 'work');
    await environment.advance(3 * environment.lockDurationMs);

    equal(running.signal.aborted, false);
    equal(watching.waiting, 0);
    running.settle({ kind: 'complete' });
    await stopped;
    await rival.send([outgoing('fence')]);
    equal((await watching.complete()).envelope.id, 'fence');
    deepEqual(work.errors, []);
  },
};
