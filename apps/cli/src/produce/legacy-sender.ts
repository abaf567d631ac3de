import type { ForeignMessage, Transport } from '@orderflow/messaging';
import type { SampleMessage } from './sample-messages.js';
import type { Addresses, OnStored, Sender } from './sender.js';

/**
 * Sends what producers sent before messages had versions: an order is JSON with a property `type`, an event has its type
 * as the subject. No message id, no version, no headers of ours.
 */
export class LegacySender implements Sender {
  readonly #transport: Transport;
  readonly #to: Addresses;

  constructor(transport: Transport, to: Addresses) {
    this.#transport = transport;
    this.#to = to;
  }

  async send(samples: readonly SampleMessage[], onStored: OnStored): Promise<void> {
    if (this.#transport.sendForeign === undefined) throw new Error('This broker takes no messages of other programs.');
    // One call for each, as the seeds' producer does it: a batch could be refused for its size.
    for (const sample of samples) {
      await this.#transport.sendForeign([messageOf(sample, this.#to)]);
      onStored(sample, sample.id);
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }
}

function messageOf(sample: SampleMessage, { queue, topic }: Addresses): ForeignMessage {
  if (sample.kind === 'order') {
    const { id, time, amount } = sample;
    const body = Buffer.from(JSON.stringify({ order_id: id, ts: time, amount }));
    return { to: { queue }, body, properties: { type: 'order' } };
  }
  const { id, type, time } = sample;
  return { to: { topic }, body: Buffer.from(JSON.stringify({ event_id: id, type, ts: time })), subject: type };
}
