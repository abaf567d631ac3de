import { rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { ordered } from './session-bench.js';

export const refusesTheOtherKindOfQueue: Behaviour = {
  sentence: 'refuses sessions of a queue that has none, a queue that requires them without, and odd options',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    const subscribe = (queue: string, sessions?: { readonly maxConcurrentSessions?: number }) =>
      transport.subscribe(queue, async () => ({ kind: 'complete' }), { concurrency: 1, sessions, onError: () => {} });
    await rejects(subscribe('work', {}), { code: 'InvalidTopology', retryable: false });
    await rejects(subscribe(ordered), { code: 'InvalidTopology', retryable: false });
    await rejects(subscribe(ordered, { maxConcurrentSessions: 0 }), {
      code: 'InvalidOptions',
      message:
        'Invalid options for the sessions of queue "ordered": maxConcurrentSessions must be a whole number from 1 to 1000, not 0.',
    });
  },
};
