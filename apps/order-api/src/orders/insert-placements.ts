import type { Order } from '@orderflow/contracts';
import type { Outgoing } from '@orderflow/messaging';
import { type Effect, RowColumns } from '@orderflow/messaging/postgres';
import type { RequestKey } from '../idempotency/idempotency-key.js';
import { type Answer, type ClaimOptions, claimColumns, claimKeys } from '../idempotency/idempotency-store.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';

/** An order about to be placed. */
export interface Placement {
  readonly order: Order;
  readonly command: Outgoing;
  readonly answer: Answer;
  /** Of the request, where it is to be handled once. */
  readonly key: RequestKey | undefined;
}

/**
 * Writes orders, the commands to decide them and the answers that are kept with a key by one statement. Answers for each, in
 * its place, whether it was written: not one whose key has been used or, without `wait`, is being used. Keys have to differ.
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

/** Of the table `orders`. The command that places an order is the first message of its timeline. */
const columns = new RowColumns<Placement>(
  ['id', 'text', ({ order }) => order.orderId],
  ['customer_id', 'text', ({ order }) => order.customerId],
  ['currency', 'text', ({ order }) => order.currency],
  ['total', 'bigint', ({ order }) => order.total],
  ['lines', 'jsonb', ({ order }) => JSON.stringify(order.lines)],
  ['created_at', 'timestamptz', ({ order }) => order.createdAt],
  ['scheduled_for', 'timestamptz', ({ order: { scheduledFor } }) => scheduledFor && new Date(scheduledFor)],
  ['placed_by', 'text', ({ command }) => command.envelope.id],
);

const place = columns.insertInto('orders');
const placeAlways = `placed AS (${place})`;

function always(placements: readonly Placement[]): Effect {
  return { text: placeAlways, values: columns.values(placements) };
}

/** One text however many there are, so that it is prepared. */
function placeOnceAKey(how: ClaimOptions): string {
  const others = `$${columns.count + claimColumns.count + 1}::text[]`;
  return `${claimKeys(columns.count + 1, how)},
    admitted AS (SELECT id FROM claimed UNION ALL SELECT unnest(${others})),
    placed AS (${place} WHERE id IN (SELECT id FROM admitted) RETURNING placed_by)`;
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
    values: [...columns.values(placements), ...claimColumns.values(claims), others],
    messageIds: 'SELECT placed_by FROM placed',
  };
}
