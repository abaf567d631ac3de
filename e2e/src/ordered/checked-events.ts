/** The topic's further queue with sessions, in which the order of an order's events is checked. */
export const checkedQueue = 'checked-ordered';
/** The subscription that forwards into it. */
export const checkedSubscription = 'checked';

/** Numbered events of an order: its acceptance is the first, the others are purchases that follow from it. */
export const numberedEvents = 10;
/** So many purchases are published with one event, in one transaction. */
const publishedAtOnce = 3;

/** The message id of a numbered event from the second on. */
export function purchaseId(orderId: string, number: number): string {
  return `${orderId}/${number}`;
}

/** What {@link purchaseId} put together. */
export function numberOf(messageId: string): number {
  return Number(messageId.slice(messageId.lastIndexOf('/') + 1));
}

/** The numbers of the events that are published with the one of this number. */
export function followersOf(number: number): readonly number[] {
  if (number % publishedAtOnce !== 1 || number >= numberedEvents) return [];
  return Array.from({ length: publishedAtOnce }, (_, index) => number + 1 + index);
}

/**
 * What was handled, without a unique key, so that a second time would show: the number of the event, 0 for a captured
 * payment, and the highest number that was handled before it, 0 for none.
 */
export const seenTable = `CREATE TABLE seen (order_id text, number int, previous int, attempt int);
CREATE INDEX ON seen (order_id)`;
