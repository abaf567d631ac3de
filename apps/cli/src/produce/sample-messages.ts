import { randomUUID } from 'node:crypto';
import { toMinorUnits } from '@orderflow/contracts';

/** One message to produce: an order, or something a user did. */
export type SampleMessage =
  | {
      readonly kind: 'order';
      readonly id: string;
      readonly time: string;
      /** In major units, as the seeds' producer counts. */
      readonly amount: number;
    }
  | { readonly kind: 'event'; readonly id: string; readonly time: string; readonly type: 'user.signup' | 'purchase' };

/** The first amount in major units; each further order costs one more. */
const firstAmount = 49.99;

/** Orders first, then events, alternately a signup and a purchase. Made one by one, each with the time it is made. */
export function* makeSamples(orders: number, events: number): Generator<SampleMessage> {
  for (let i = 0; i < orders; i += 1) {
    yield { kind: 'order', id: randomUUID(), time: new Date().toISOString(), amount: firstAmount + i };
  }
  for (let i = 0; i < events; i += 1) {
    yield {
      kind: 'event',
      id: randomUUID(),
      time: new Date().toISOString(),
      type: i % 2 === 0 ? 'user.signup' : 'purchase',
    };
  }
}

/** What an order is made of, wherever it is sent. */
export function orderOf(amount: number, currency: string) {
  const unitPrice = toMinorUnits(amount, currency);
  return { customerId: 'producer', currency, lines: [{ sku: 'sample', quantity: 1, unitPrice }], total: unitPrice };
}
