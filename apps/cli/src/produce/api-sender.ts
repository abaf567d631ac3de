import type { OrderApi } from '../orders/order-api.js';
import { orderOf, type Parcel } from './parcel.js';
import type { Sender } from './sender.js';

/** Requests at a time. */
const concurrency = 16;

/** Places orders over HTTP; events, which have no way in there, go to the topic. */
export class ApiSender implements Sender {
  readonly #api: OrderApi;
  readonly #events: Sender;
  readonly #currency: string;

  constructor(api: OrderApi, events: Sender, currency: string) {
    this.#api = api;
    this.#events = events;
    this.#currency = currency;
  }

  async send(parcels: readonly Parcel[]): Promise<readonly string[]> {
    const ids: string[] = [];
    const orders = parcels.filter((parcel) => parcel.kind === 'order');
    for (let from = 0; from < orders.length; from += concurrency) {
      const group = orders.slice(from, from + concurrency);
      ids.push(...(await Promise.all(group.map(({ amount, id }) => this.#place(amount, id)))));
    }
    const events = parcels.filter((parcel) => parcel.kind === 'event');
    if (events.length > 0) ids.push(...(await this.#events.send(events)));
    return ids;
  }

  close(): Promise<void> {
    return this.#events.close();
  }

  async #place(amount: number, key: string): Promise<string> {
    const { total: _total, ...order } = orderOf(amount, this.#currency);
    return (await this.#api.place(order, key)).id;
  }
}
