import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { SampleMessage } from './sample-messages.js';
import type { Addresses, OnStored, Sender } from './sender.js';

/**
 * Sends what producers sent before messages had versions, with the bare SDK: an order is JSON with an application
 * property `type`, an event has its type as the subject. No message id, no version, no headers of ours.
 */
export class LegacySender implements Sender {
  readonly #client: ServiceBusClient;
  readonly #orders: ServiceBusSender;
  readonly #events: ServiceBusSender;

  constructor(client: ServiceBusClient, { queue, topic }: Addresses) {
    this.#client = client;
    this.#orders = client.createSender(queue);
    this.#events = client.createSender(topic);
  }

  async send(samples: readonly SampleMessage[], onStored: OnStored): Promise<void> {
    // One call for each, as the seeds' producer does it: a batch could be refused for its size.
    for (const sample of samples) {
      await (sample.kind === 'order' ? this.#orders : this.#events).sendMessages(messageOf(sample));
      onStored(sample, sample.id);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function messageOf(sample: SampleMessage): ServiceBusMessage {
  if (sample.kind === 'order') {
    const { id, time, amount } = sample;
    return {
      body: Buffer.from(JSON.stringify({ order_id: id, ts: time, amount })),
      applicationProperties: { type: 'order' },
    };
  }
  const { id, type, time } = sample;
  return { body: Buffer.from(JSON.stringify({ event_id: id, type, ts: time })), subject: type };
}
