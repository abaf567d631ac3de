import { rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const rejectsSendsToNowhere: Behaviour = {
  sentence: 'rejects a send to nowhere and a subscription to nowhere, with a code',
  async run(environment) {
    const transport = await environment.connect();
    await rejects(transport.send([outgoing('m', {}, { queue: 'nowhere' })]), {
      name: 'TransportError',
      code: 'QueueNotFound',
      retryable: false,
      message: /nowhere/,
    });
    await rejects(transport.send([outgoing('m', {}, { topic: 'nowhere' })]), {
      code: 'TopicNotFound',
      retryable: false,
    });
    await rejects(receive(transport, 'nowhere'), { code: 'QueueNotFound', retryable: false });
    await rejects(receive(transport, 'work', 0), { code: 'InvalidOptions' });
  },
};
