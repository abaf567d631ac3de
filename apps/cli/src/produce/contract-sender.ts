import { orderPlace, purchase, userSignup } from '@orderflow/contracts';
import { createEnvelopeWriter, type Outgoing, type Transport } from '@orderflow/messaging';
import { orderOf, type Parcel } from './parcel.js';
import type { Addresses, Sender } from './sender.js';

const write = createEnvelopeWriter('/orderflow/produce');

/** Sends version 1 of the contracts straight to queue and topic. */
export class ContractSender implements Sender {
  readonly #transport: Transport;
  readonly #to: Addresses;

  constructor(transport: Transport, to: Addresses) {
    this.#transport = transport;
    this.#to = to;
  }

  async send(parcels: readonly Parcel[]): Promise<readonly string[]> {
    await this.#transport.send(parcels.map((parcel) => this.#outgoing(parcel)));
    return parcels.map(({ id }) => id);
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
