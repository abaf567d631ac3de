/** Whose part of a story a step is: an app, or the world outside. */
export const outside = 'outside';

const routes: Readonly<Record<string, { readonly producer: string; readonly consumers: readonly string[] }>> = {
  'order.place': { producer: 'order-api', consumers: ['order-worker'] },
  'order.cancel': { producer: 'order-api', consumers: ['order-worker'] },
  'order.accepted': { producer: 'order-worker', consumers: ['billing-worker', 'analytics-worker', 'order-api'] },
  'order.rejected': { producer: 'order-worker', consumers: ['analytics-worker', 'order-api'] },
  'order.cancelled': { producer: 'order-worker', consumers: ['analytics-worker', 'order-api'] },
  'payment.captured': { producer: 'billing-worker', consumers: ['analytics-worker', 'order-api'] },
  'payment.failed': { producer: 'billing-worker', consumers: ['analytics-worker', 'order-api'] },
};

/** In the order in which a story is drawn. */
export const lanes = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker', outside] as const;

/** Who sends messages of a type, by the table of docs/contracts.md; {@link outside} for other types. */
export function producerOf(type: string | undefined): string {
  return (type !== undefined && routes[type]?.producer) || outside;
}

/** Which apps each have to handle messages of a type; none for types that are no part of an order's story. */
export function consumersOf(type: string | undefined): readonly string[] {
  return (type !== undefined && routes[type]?.consumers) || [];
}
