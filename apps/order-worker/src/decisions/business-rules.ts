import { isKnownCurrency, type Order } from '@orderflow/contracts';

export interface BusinessRules {
  /** The highest total an order may have, in minor units of its currency. */
  readonly totalLimit: number;
}

/** Why an order was rejected: a stable code for programs and a text for people. */
export interface Rejection {
  readonly code: 'unknown-currency' | 'quantity-not-positive' | 'total-over-limit';
  readonly text: string;
}

/** The first rule that the order breaks, or undefined when it keeps them all. */
export function brokenRule(order: Order, { totalLimit }: BusinessRules): Rejection | undefined {
  if (!isKnownCurrency(order.currency)) {
    return { code: 'unknown-currency', text: `${order.currency} is not a currency of ISO 4217.` };
  }
  const line = order.lines.findIndex(({ quantity }) => quantity < 1);
  if (line >= 0) {
    return { code: 'quantity-not-positive', text: `Line ${line + 1} orders ${order.lines[line]?.quantity} pieces.` };
  }
  if (order.total > totalLimit) {
    return {
      code: 'total-over-limit',
      text: `The total ${order.total} is over the limit of ${totalLimit} minor units.`,
    };
  }
  return undefined;
}
