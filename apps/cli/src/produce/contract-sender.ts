import { orderPlace, purchase, userSignup } from '@orderflow/contracts';
import { createEnvelopeWriter, type Outgoing, type Transport } from '@orderflow/messaging';
import { orderOf, type SampleMessage } from './sample-messages.js';
import type { Addresses, OnStored, Sender } from './sender.js';

const write = createEnvelopeWriter('/orderflow/produce');

/** Sends version 1 of the contracts straight to queue and topic. */
export class ContractSender implements Sender {
  readonly #transport: Transport;
  readonly #to: Addresses;

  constructor(transport: Transport, to: Addresses) {
    this.#transport = transport;
    this.#to = to;
  }

  async send(samples: readonly SampleMessage[], onStored: OnStored): Promise<void> {
    // One destination after the other, so that it is known which of them has stored its part.
    for (const kind of ['order', 'event']) {
      const part = samples.filter((sample) => sample.kind === kind);
      if (part.length === 0) continue;
      await this.#transport.send(part.map((sample) => this.#outgoing(sample)));
      for (const sample of part) onStored(sample, sample.id);
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #outgoing(sample: SampleMessage): Outgoing {
    const { id, time } = sample;
    if (sample.kind === 'order') {
      const order = { orderId: id, ...orderOf(sample.amount, this.#to.currency), createdAt: time };
      return { to: { queue: this.#to.queue }, envelope: write(orderPlace, order, { orderingKey: id, time }) };
    }
    const contract = sample.type === 'purchase' ? purchase : userSignup;
    return {
      to: { topic: this.#to.topic },
      envelope: write(contract, { eventId: id, occurredAt: time }, { id, time }),
    };
  }
}
