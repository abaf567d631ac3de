import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { ordered } from './session-bench.js';

export function refusesTheOtherKindOfQueue(harness: TransportHarness): void {
  it('refuses sessions of a queue that has none, a queue that requires them without, and odd options', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const subscribe = (queue: string, sessions?: { readonly maxConcurrentSessions?: number }) =>
        transport.subscribe(queue, async () => ({ kind: 'complete' }), { concurrency: 1, sessions, onError: () => {} });
      await expect(subscribe('work', {})).rejects.toMatchObject({ code: 'InvalidTopology', retryable: false });
      await expect(subscribe(ordered)).rejects.toMatchObject({ code: 'InvalidTopology', retryable: false });
      await expect(subscribe(ordered, { maxConcurrentSessions: 0 })).rejects.toMatchObject({
        code: 'InvalidOptions',
        message:
          'Invalid options for the sessions of queue "ordered": maxConcurrentSessions must be a whole number from 1 to 1000, not 0.',
      });
    }));
}
