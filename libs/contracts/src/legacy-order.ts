import { z } from 'zod';
import { type Contract, defineContract } from './contract.js';
import { ContractViolation } from './contract-violation.js';
import { minorUnitDigits } from './currencies.js';
import { instant, orderId } from './fields.js';
import { instantInMilliseconds } from './legacy-instant.js';
import { toMinorUnits } from './money.js';
import type { Order } from './order.js';
import { orderPlace } from './order-place.js';

const legacyOrderSchema = z.object({
  order_id: orderId,
  ts: instant,
  /** In major units, as a decimal number. */
  amount: z.number('must be a number').min(0, 'must not be negative'),
});

/** An order as producers wrote it before messages had versions. */
export type LegacyOrder = z.infer<typeof legacyOrderSchema>;

/** What version 0 leaves open. */
export interface LegacyOrderOptions {
  /** ISO 4217 code of every order of version 0, which names none. */
  readonly defaultCurrency: string;
}

/** `order` version 0. Throws a RangeError when the default currency is unknown. */
export function legacyOrder({ defaultCurrency }: LegacyOrderOptions): Contract<LegacyOrder> {
  minorUnitDigits(defaultCurrency);
  return defineContract<LegacyOrder>({
    type: 'order',
    version: 0,
    kind: 'command',
    schema: legacyOrderSchema,
    messageId: (payload) => payload.order_id,
    orderingKey: (payload) => payload.order_id,
    upcast: { to: orderPlace, convert: (payload) => asOrder(payload, defaultCurrency) },
  });
}

/** The customer and the sku of an order that names neither. */
const unnamed = 'legacy';

function asOrder({ order_id, ts, amount }: LegacyOrder, currency: string): Order {
  const total = minorUnits(amount, currency);
  return {
    orderId: order_id,
    customerId: unnamed,
    currency,
    lines: [{ sku: unnamed, quantity: 1, unitPrice: total }],
    total,
    createdAt: instantInMilliseconds(ts),
  };
}

function minorUnits(amount: number, currency: string): number {
  try {
    return toMinorUnits(amount, currency);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ContractViolation({ type: 'order', version: 0 }, [{ path: 'amount', message: error.message }]);
  }
}
