import type { OrderApi } from '../orders/order-api.js';
import { orderOf, type SampleMessage } from './sample-messages.js';
import type { OnStored, Sender } from './sender.js';

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

  async send(samples: readonly SampleMessage[], onStored: OnStored): Promise<void> {
    const orders = samples.filter((sample) => sample.kind === 'order');
    for (let from = 0; from < orders.length; from += concurrency) {
      const group = orders.slice(from, from + concurrency);
      const outcomes = await Promise.allSettled(group.map((sample) => this.#place(sample, onStored)));
      // All of them have an answer before the first failure is reported, so that none is miscounted.
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    }
    const events = samples.filter((sample) => sample.kind === 'event');
    if (events.length > 0) await this.#events.send(events, onStored);
  }

  close(): Promise<void> {
    return this.#events.close();
  }

  async #place(sample: SampleMessage & { readonly kind: 'order' }, onStored: OnStored): Promise<void> {
    const { total: _total, ...order } = orderOf(sample.amount, this.#currency);
    onStored(sample, (await this.#api.place(order, sample.id)).id);
  }
}
