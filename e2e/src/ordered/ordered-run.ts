import pg from 'pg';
import { askToCancel, endedOrders, getJson, placeOrder } from '../orders.js';
import { peekAll } from '../peek-all.js';
import { until } from '../until.js';
import { numberedEvents } from './checked-events.js';
import { apps, type OrderedSystem } from './ordered-system.js';

export interface OrderedRunOptions {
  readonly orders: number;
  /** How often a replica is killed; each comes again. */
  readonly kills: number;
}

/** How a run ended. */
export interface OrderedRunReport {
  /** Numbered events that the checker handled, and captured payments. */
  readonly handled: number;
  /** Of these, those that came before one that was published earlier. */
  readonly outOfOrder: number;
  readonly lost: number;
  readonly twice: number;
  /** Orders by the status they ended with: every one is asked to be cancelled behind its command. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Orders whose payment order-api heard of before their acceptance. */
  readonly paidBeforeAccepted: number;
  /** What the payment gateway captured, and for which orders more than once. */
  readonly captured: number;
  readonly chargedTwice: readonly string[];
  /** What analytics-worker counted, by type. */
  readonly counted: Readonly<Record<string, number>>;
  readonly deadLetters: number;
  readonly kills: number;
  /** Handlings by the checker, and by order-worker and billing-worker, that were not the first attempt. */
  readonly afterAnother: number;
  readonly seconds: number;
}

const eventsOfAnOrder = numberedEvents + 1;
const giveUpMs = 1_800_000;

/**
 * Places orders at both replicas of order-api, asks for each to be cancelled behind its command, and kills replicas in turn
 * while their events are under way. Order-worker decides in order, so no cancel may win; the checker notes the order of ten
 * numbered events of each order and of its payment.
 */
export async function orderedRun(
  ordered: OrderedSystem,
  { orders, kills }: OrderedRunOptions,
): Promise<OrderedRunReport> {
  const { system } = ordered;
  const startedAt = performance.now();
  const checker = new pg.Pool({ connectionString: ordered.databaseUrl, max: 2 });
  try {
    const handled = () => one(checker, 'SELECT count(*)::int AS n FROM seen');
    const expected = orders * eventsOfAnOrder;
    const placing = placeAndCancel(ordered, orders);
    // A failure shows where it is awaited.
    placing.catch(() => undefined);
    for (let kill = 0; kill < kills; kill += 1) {
      const enough = (expected * (kill + 1)) / (kills + 2);
      await until('the run goes on', handled, (count) => count >= enough, giveUpMs);
      await ordered.kills[kill % ordered.kills.length]?.();
    }
    await placing;
    await until('every event was handled', handled, (count) => count >= expected, giveUpMs);
    await until(
      'every order has ended',
      () => endedOrders(system),
      (count) => count >= orders,
      giveUpMs,
    );
    await until(
      'nothing is under way',
      () => underWay(ordered),
      (left) => left.length === 0,
      giveUpMs,
    );
    await ordered.ready();
    return await readReport(ordered, checker, { orders, kills, startedAt });
  } finally {
    await checker.end();
  }
}

async function placeAndCancel(ordered: OrderedSystem, orders: number): Promise<void> {
  let left = orders;
  const next = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const api = ordered.apiUrls[left % 2] as string;
      const id = await placeOrder(ordered.system, 1_099, { api });
      await askToCancel(api, id);
    }
  };
  await Promise.all(Array.from({ length: 16 }, next));
}

/** What is still in an outbox or a queue; nothing once all is done. */
async function underWay({ system, databaseUrl, queues }: OrderedSystem): Promise<readonly string[]> {
  const left: string[] = [];
  for (const url of [databaseUrl, ...apps.map((app) => system.databaseUrl(app))]) {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    if ((await one(pool, 'SELECT count(*)::int AS n FROM outbox')) > 0) {
      left.push(`an outbox of ${new URL(url).pathname}`);
    }
    await pool.end();
  }
  return [...left, ...(await peekAll(system.connectionString, queues, {})).map((id) => `message ${id}`)];
}

async function readReport(
  ordered: OrderedSystem,
  checker: pg.Pool,
  { orders, kills, startedAt }: { readonly orders: number; readonly kills: number; readonly startedAt: number },
): Promise<OrderedRunReport> {
  const { system, queues } = ordered;
  const api = new pg.Pool({ connectionString: system.databaseUrl('order-api'), max: 1 });
  try {
    const { rows } = await checker.query(`
      SELECT count(*)::int AS handled, count(DISTINCT (order_id, number))::int AS different,
             count(*) FILTER (WHERE CASE number WHEN 0 THEN previous < 1 ELSE previous <> number - 1 END)::int AS out,
             count(*) FILTER (WHERE attempt > 1)::int AS again
      FROM seen`);
    const { handled, different, out, again } = rows[0] as Record<'handled' | 'different' | 'out' | 'again', number>;
    const statuses = await api.query<{ status: string; n: number }>(
      'SELECT status, count(*)::int AS n FROM orders GROUP BY status',
    );
    const retriedBySystem = await one(
      api,
      "SELECT count(*)::int AS n FROM order_messages WHERE cause_attempt > 1 AND type IN ('order.accepted', 'payment.captured')",
    );
    // The transactions of a session begin one after the other.
    const paidBeforeAccepted = await one(
      api,
      `SELECT count(*)::int AS n FROM inbox AS accepted
       JOIN inbox AS captured ON captured.message_id = replace(accepted.message_id, 'order.accepted:', 'payment.captured:')
       WHERE accepted.message_id LIKE 'order.accepted:%' AND captured.handled_at <= accepted.handled_at`,
    );
    const totals = await getJson<{ captured: number; chargedTwice: readonly string[] }>(
      system.url('payment-gateway', '/charges/totals'),
    );
    const { events } = await getJson<{ events: Record<string, number> }>(
      system.url('analytics-worker', '/analytics/summary'),
    );
    const withDeadLetters = [...queues, 'events/subscriptions/billing', 'events/subscriptions/checked'];
    const letters = await peekAll(system.connectionString, withDeadLetters, { subQueueType: 'deadLetter' });
    return {
      handled,
      outOfOrder: out,
      lost: orders * eventsOfAnOrder - different,
      twice: handled - different,
      statuses: Object.fromEntries(statuses.rows.map(({ status, n }) => [status, n])),
      paidBeforeAccepted,
      captured: totals.captured,
      chargedTwice: totals.chargedTwice,
      counted: events,
      deadLetters: letters.length,
      kills,
      afterAnother: again + retriedBySystem,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    await api.end();
  }
}

async function one(pool: pg.Pool, text: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(text);
  return rows[0]?.n ?? 0;
}
