import { orderPlace, purchase, userSignup } from '@orderflow/contracts';
import { createEnvelopeWriter, type Outgoing, type Transport } from '@orderflow/messaging';
import { orderOf, type Parcel } from './parcel.js';
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

  async send(parcels: readonly Parcel[], onStored: OnStored): Promise<void> {
    // One destination after the other, so that it is known which of them has stored its part.
    for (const kind of ['order', 'event']) {
      const part = parcels.filter((parcel) => parcel.kind === kind);
      if (part.length === 0) continue;
      await this.#transport.send(part.map((parcel) => this.#outgoing(parcel)));
      for (const parcel of part) onStored(parcel, parcel.id);
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #outgoing(parcel: Parcel): Outgoing {
    const { id, time } = parcel;
    if (parcel.kind === 'order') {
      const order = { orderId: id, ...orderOf(parcel.amount, this.#to.currency), createdAt: time };
      return { to: { queue: this.#to.queue }, envelope: write(orderPlace, order, { orderingKey: id, time }) };
    }
    const contract = parcel.type === 'purchase' ? purchase : userSignup;
    return {
      to: { topic: this.#to.topic },
      envelope: write(contract, { eventId: id, occurredAt: time }, { id, time }),
    };
  }
}
