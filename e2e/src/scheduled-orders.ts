import pg from 'pg';
import { askToCancel, getJson, hasEnded, type OrderView, placeOrder } from './orders.js';
import { peekAll } from './peek-all.js';
import type { System } from './system.js';
import { until } from './until.js';

/** What became of a scheduled order that was cancelled an hour before its time, and of one that was not. */
export interface CancelledInTime {
  readonly status: string;
  /** Commands of the two orders that wait at the broker afterwards: `cancelled`, `kept`. */
  readonly waiting: readonly string[];
  /** Whether order-worker handled the cancelled order's command: 1 or 0. */
  readonly heardOf: number;
}

/** @param queue of order-worker's commands */
export async function cancelInTime(system: System, queue: string): Promise<CancelledInTime> {
  const scheduledFor = new Date(Date.now() + 3_600_000);
  const [cancelled, kept] = await Promise.all([
    placeOrder(system, 1_099, { scheduledFor }),
    placeOrder(system, 1_099, { scheduledFor }),
  ]);
  const commands = new Map([
    [await commandOf(system, cancelled), 'cancelled'],
    [await commandOf(system, kept), 'kept'],
  ]);
  const waiting = async () =>
    (await peekAll(system.connectionString, [queue], {})).flatMap((id) => commands.get(id) ?? []).sort();
  await until('both commands wait at the broker', waiting, (names) => names.length === 2);
  await askToCancel(system.url('order-api'), cancelled);
  const { status } = await endOf(system, cancelled);
  // The broker is asked after the commit of the request.
  await until('the command was taken back', waiting, (names) => !names.includes('cancelled'));
  const [command = ''] = commands.keys();
  const text = 'SELECT message_id AS value FROM inbox WHERE message_id = $1';
  const heardOf = await values(system.databaseUrl('order-worker'), text, command);
  return { status, waiting: await waiting(), heardOf: heardOf.length };
}

/** What became of an order whose time and whose cancel came at the same moment. */
export interface CancelledAtTheMoment {
  readonly status: string;
  readonly decision: string;
  /** Decisions that order-api heard of. */
  readonly announced: readonly string[];
  readonly charges: number;
}

/** Orders of one time; each is cancelled a little before it, at it, or a little after it. */
export async function cancelAtTheMoment(system: System, orders: number): Promise<readonly CancelledAtTheMoment[]> {
  const scheduledFor = new Date(Date.now() + 3_000);
  const ids = await Promise.all(Array.from({ length: orders }, () => placeOrder(system, 1_099, { scheduledFor })));
  await Promise.all(
    ids.map(async (id, index) => {
      const at = scheduledFor.getTime() + (index - orders / 2) * 10;
      await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
      await askToCancel(system.url('order-api'), id);
    }),
  );
  return Promise.all(
    ids.map(async (id) => {
      const { status } = await endOf(system, id);
      const { messages } = await getJson<{ messages: readonly { type: string }[] }>(
        system.url('order-api', `/orders/${id}/timeline`),
      );
      const { charges } = await getJson<{ charges: readonly unknown[] }>(
        system.url('payment-gateway', `/charges?reference=${id}`),
      );
      const decisions = ['order.accepted', 'order.rejected', 'order.cancelled'];
      const announced = messages.map(({ type }) => type).filter((type) => decisions.includes(type));
      return { status, decision: await decisionOf(system, id), announced, charges: charges.length };
    }),
  );
}

/** What one decision leads to, whichever it is. */
export function consequencesOf(decision: string): CancelledAtTheMoment {
  const isAccepted = decision === 'accepted';
  return {
    status: isAccepted ? 'paid' : 'cancelled',
    decision,
    announced: [`order.${decision}`],
    charges: isAccepted ? 1 : 0,
  };
}

/** An order that has ended, all of whose messages order-api has heard of. */
function endOf(system: System, id: string): Promise<OrderView> {
  return until(`order ${id} ends`, () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)), hasEnded);
}

async function commandOf(system: System, orderId: string): Promise<string> {
  const text = 'SELECT placed_by AS value FROM orders WHERE id = $1';
  return (await values(system.databaseUrl('order-api'), text, orderId)).join();
}

async function decisionOf(system: System, orderId: string): Promise<string> {
  const text = 'SELECT decision AS value FROM decisions WHERE order_id = $1';
  return (await values(system.databaseUrl('order-worker'), text, orderId)).join();
}

async function values(connectionString: string, text: string, parameter: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<{ value: string }>(text, [parameter])).rows.map(({ value }) => value);
  } finally {
    await client.end();
  }
}
