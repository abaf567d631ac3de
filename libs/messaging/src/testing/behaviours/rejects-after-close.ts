import { deepEqual, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const rejectsAfterClose: Behaviour = {
  sentence: 'rejects sends and subscriptions after its close, and has sent nothing of them',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    await transport.send([outgoing('before')]);
    await transport.close();
    const closed = { name: 'TransportError', code: 'Closed', retryable: false };
    await rejects(transport.send([outgoing('after')]), closed);
    await rejects(transport.send([outgoing('after')], { retry: false }), closed);
    await rejects(transport.send([outgoing('after', {}, { topic: 'happenings' })]), closed);
    await rejects(receive(transport, 'work'), closed);
    await other.send([outgoing('fence')]);
    const work = await receive(other, 'work');
    const seen = [await work.complete(), await work.complete()].map(({ envelope }) => envelope.id);
    deepEqual(seen, ['before', 'fence']);
  },
};
