import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function rejectsSendsToNowhere(harness: TransportHarness): void {
  it('rejects a send to nowhere and a subscription to nowhere, with a code', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      await expect(transport.send([outgoing('m', {}, { queue: 'nowhere' })])).rejects.toMatchObject({
        name: 'TransportError',
        code: 'QueueNotFound',
        retryable: false,
        message: expect.stringContaining('nowhere'),
      });
      await expect(transport.send([outgoing('m', {}, { topic: 'nowhere' })])).rejects.toMatchObject({
        code: 'TopicNotFound',
        retryable: false,
      });
      await expect(receive(transport, 'nowhere')).rejects.toMatchObject({ code: 'QueueNotFound', retryable: false });
      await expect(receive(transport, 'work', 0)).rejects.toMatchObject({ code: 'InvalidOptions' });
    }));
}
