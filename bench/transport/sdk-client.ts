import { ServiceBusClient, type ServiceBusMessage, type ServiceBusReceiver } from '@azure/service-bus';
import { messages } from '../kit/messages.js';
import { sdkMessage, sendInBatches } from '../kit/sdk.js';
import { type Client, CONCURRENCY, QUEUE } from './protocol.js';

/** The SDK as its manual shows it, with its defaults. */
export function sdkClient(connectionString: string): Client {
  const sdk = new ServiceBusClient(connectionString);
  const sender = sdk.createSender(QUEUE);
  let prepared: readonly ServiceBusMessage[] = [];
  let receiver: ServiceBusReceiver | undefined;
  return {
    prepare: (count) => {
      prepared = messages(QUEUE, count).map(sdkMessage);
    },
    send: () => sendInBatches(sender, prepared),
    async receive(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let handled = 0;
      receiver = sdk.createReceiver(QUEUE);
      receiver.subscribe(
        {
          processMessage: async () => {
            if (++handled === count) resolve();
          },
          processError: async ({ error }) => reject(error),
        },
        { maxConcurrentCalls: CONCURRENCY },
      );
      await promise;
    },
    async rest() {
      await receiver?.close();
    },
  };
}
