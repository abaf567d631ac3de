import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const closesAnyNumberOfTimes: Behaviour = {
  sentence: 'can be closed any number of times, at once and later, and before it was used',
  async run(environment) {
    const unused = await environment.connect();
    await Promise.all([unused.close(), unused.close()]);
    await unused.close();

    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    await work.complete();
    await Promise.all([transport.close(), work.subscription.stop(), transport.close()]);
    await transport.close();
    await work.subscription.stop();
    equal(work.subscription.health().state, 'stopped');
    equal(work.errors.length, 0);
  },
};
