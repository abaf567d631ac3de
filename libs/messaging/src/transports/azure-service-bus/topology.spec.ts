import { expect, it } from '@jest/globals';
import { parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { connectionStringTo } from '../../../test/service-bus-environment.js';
import { createAzureServiceBusTransport } from './index.js';

it('refuses a queue that requires sessions at the start, and says what to do', async () => {
  const queues = [{ Name: 'ordered', Properties: { RequiresSession: true } }];
  const topology = parseTopology(JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'n', Queues: queues }] } }));
  const broker = await startBroker({ topology });
  const transport = createAzureServiceBusTransport({ connectionString: connectionStringTo(broker.port) });
  try {
    const subscribing = transport.subscribe('ordered', async () => ({ kind: 'complete' }), {
      concurrency: 1,
      onError: () => {},
    });
    await expect(subscribing).rejects.toMatchObject({
      code: 'InvalidTopology',
      retryable: false,
      message:
        'Could not receive from queue "ordered": the queue requires sessions; receive with the option sessions, or from another queue.',
    });
  } finally {
    await transport.close();
    await broker.close();
  }
});
