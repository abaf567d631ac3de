import type { Outgoing, Subscription } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { inBatches, messages } from '../kit/messages.js';
import { type Client, CONCURRENCY, QUEUE } from './protocol.js';

/** Messages a call, as a relay hands them over. */
const BATCH = 500;

/** The transport of ours. */
export function ourClient(connectionString: string): Client {
  const transport = createAzureServiceBusTransport({ connectionString });
  let prepared: readonly (readonly Outgoing[])[] = [];
  let subscription: Subscription | undefined;
  return {
    prepare: (count) => {
      prepared = inBatches(messages(QUEUE, count), BATCH);
    },
    async send() {
      for (const batch of prepared) await transport.send(batch);
    },
    async receive(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let handled = 0;
      subscription = await transport.subscribe(
        QUEUE,
        async () => {
          if (++handled === count) resolve();
          return { kind: 'complete' };
        },
        { concurrency: CONCURRENCY, onError: reject },
      );
      await promise;
    },
    async rest() {
      await subscription?.stop();
    },
  };
}
