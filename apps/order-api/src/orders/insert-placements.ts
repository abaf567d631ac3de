import type { Order } from '@orderflow/contracts';
import type { Outgoing } from '@orderflow/messaging';
import type { Effect } from '@orderflow/messaging/postgres';
import type { RequestKey } from '../idempotency/idempotency-key.js';
import { type Answer, type ClaimOptions, claimColumns, claimKeys } from '../idempotency/idempotency-store.js';
import { messageColumns } from '../timeline/timeline-store.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';
import { orderColumns } from './order-store.js';

/** An order about to be placed. */
export interface Placement {
  readonly order: Order;
  readonly command: Outgoing;
  readonly answer: Answer;
  /** Of the request, where it is to be handled once. */
  readonly key: RequestKey | undefined;
}

/**
 * Writes orders, their timelines, the commands to decide them and the answers that are kept with a key by one statement.
 * Answers for each, in its place, whether it was written: not one whose key has been used or, without `wait`, is being
 * used. Keys have to differ.
 */
export async function insertPlacements(
  { messaging, requests, inserts }: OrderCommandOutbox,
  placements: readonly Placement[],
  how: ClaimOptions,
): Promise<readonly boolean[]> {
  const commands = placements.map(({ command }) => command);
  const effect = placements.some(({ key }) => key !== undefined) ? onceAKey(placements, how) : always(placements);
  // Who may have to wait for somebody takes no connection of those who never do.
  const written = new Set(await messaging.outbox.addWith(how.wait ? requests : inserts, effect, commands));
  return commands.map((command) => written.has(command));
}

const columns = orderColumns.count + messageColumns.count;
const placed = orderColumns.insertInto('orders');
const firstMessages = messageColumns.insertInto('order_messages', orderColumns.count + 1);
const placeAlways = `placed AS (${placed}), first_message AS (${firstMessages})`;

function always(placements: readonly Placement[]): Effect {
  return { text: placeAlways, values: valuesOf(placements) };
}

/** One text however many there are, so that it is prepared. */
function placeOnceAKey(how: ClaimOptions): string {
  const others = `$${columns + claimColumns.count + 1}::text[]`;
  return `${claimKeys(columns + 1, how)},
    admitted AS (SELECT id FROM claimed UNION ALL SELECT unnest(${others})),
    placed AS (${placed} WHERE id IN (SELECT id FROM admitted)),
    first_message AS (${firstMessages} WHERE order_id IN (SELECT id FROM admitted) RETURNING message_id)`;
}

const placeOnceAKeyWaiting = placeOnceAKey({ wait: true });
const placeOnceAKeyAtOnce = placeOnceAKey({ wait: false });

function onceAKey(placements: readonly Placement[], { wait }: ClaimOptions): Effect {
  const claims = placements.flatMap(({ order: { orderId: id, createdAt: at }, answer, key }) =>
    key === undefined ? [] : [{ id, request: key, answer, at }],
  );
  const others = placements.filter(({ key }) => key === undefined).map(({ order }) => order.orderId);
  return {
    text: wait ? placeOnceAKeyWaiting : placeOnceAKeyAtOnce,
    values: [...valuesOf(placements), ...claimColumns.values(claims), others],
    messageIds: 'SELECT message_id FROM first_message',
  };
}

function valuesOf(placements: readonly Placement[]): readonly unknown[] {
  const orders = placements.map(({ order }) => order);
  const messages = placements.map(({ order: { orderId }, command: { envelope } }) => ({ orderId, envelope }));
  return [...orderColumns.values(orders), ...messageColumns.values(messages)];
}
