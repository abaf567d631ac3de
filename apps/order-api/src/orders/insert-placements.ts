import type { Order } from '@orderflow/contracts';
import type { Outgoing } from '@orderflow/messaging';
import type { Effect } from '@orderflow/messaging/postgres';
import type { RequestKey } from '../idempotency/idempotency-key.js';
import { type Answer, type ClaimOptions, claimKeys } from '../idempotency/idempotency-store.js';
import { Parameters } from '../sql/parameters.js';
import { insertMessages } from '../timeline/timeline-store.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';
import { insertOrders } from './order-store.js';

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

function always(placements: readonly Placement[]): Effect {
  const parameters = new Parameters();
  const placed = insertOrders(parameters, ordersOf(placements));
  const messages = insertMessages(parameters, messagesOf(placements));
  return { text: `placed AS (${placed}), first_message AS (${messages})`, values: parameters.values };
}

/** One text however many there are, so that it is prepared. */
function onceAKey(placements: readonly Placement[], how: ClaimOptions): Effect {
  const parameters = new Parameters();
  const claims = placements.flatMap(({ order: { orderId: id, createdAt }, answer, key }) =>
    key === undefined ? [] : [{ id, request: key, answer, at: new Date(createdAt) }],
  );
  const without = placements.filter(({ key }) => key === undefined);
  const claimed = claimKeys(parameters, claims, how);
  const others = parameters.addColumn('text', without, ({ order }) => order.orderId);
  const placed = insertOrders(parameters, ordersOf(placements));
  const messages = insertMessages(parameters, messagesOf(placements));
  const text = `${claimed},
    admitted AS (SELECT id FROM claimed UNION ALL SELECT unnest(${others})),
    placed AS (${placed} WHERE id IN (SELECT id FROM admitted)),
    first_message AS (${messages} WHERE order_id IN (SELECT id FROM admitted) RETURNING message_id)`;
  return { text, values: parameters.values, messageIds: 'SELECT message_id FROM first_message' };
}

const ordersOf = (placements: readonly Placement[]) => placements.map(({ order }) => order);

const messagesOf = (placements: readonly Placement[]) =>
  placements.map(({ order: { orderId }, command: { envelope } }) => ({ orderId, envelope }));
