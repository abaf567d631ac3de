import { equal, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const closesForGood: Behaviour = {
  sentence: 'closes once for good, after what is in flight',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const running = await work.next();
    const closing = [transport.close(), transport.close()];
    running.settle({ kind: 'complete' });
    await Promise.all(closing);

    equal(work.subscription.health().state, 'stopped');
    const closed = { name: 'TransportError', code: 'Closed', retryable: false };
    await rejects(transport.send([outgoing('late')]), closed);
    await rejects(receive(transport, 'work'), closed);
    const other = await environment.connect();
    const rest = await receive(other, 'work');
    await other.send([outgoing('fence')]);
    equal((await rest.complete()).envelope.id, 'fence');
  },
};
