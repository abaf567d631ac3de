import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { System } from './system.js';
import { until } from './until.js';

export interface OrderView {
  readonly id: string;
  readonly status: string;
  readonly total: number;
  readonly currency: string;
}

const END_STATES = ['paid', 'payment_failed', 'rejected', 'cancelled'];

/** Whether nothing more will happen to an order of this status. */
export function hasEnded({ status }: OrderView): boolean {
  return END_STATES.includes(status);
}

/** How many orders have ended, asked of the database: reading them all by REST again and again would slow what is waited for. */
export async function endedOrders(system: System): Promise<number> {
  const database = new pg.Client(system.databaseUrl('order-api'));
  // A connection that breaks fails the query as well.
  database.on('error', () => undefined);
  await database.connect();
  try {
    const text = 'SELECT count(*)::int AS ended FROM orders WHERE status = ANY($1)';
    const { rows } = await database.query<{ ended: number }>(text, [END_STATES]);
    return rows[0]?.ended ?? 0;
  } finally {
    await database.end();
  }
}

/** Places `count` orders by REST, some at a time, each with a key so that it may be repeated. Answers their ids. */
export async function placeOrders(system: System, count: number, unitPrice = 1_099): Promise<string[]> {
  const ids: string[] = [];
  const next = async (): Promise<void> => {
    while (ids.length < count) {
      const place = ids.push('') - 1;
      ids[place] = await placeOrder(system, unitPrice);
    }
  };
  await Promise.all(Array.from({ length: 16 }, next));
  return ids;
}

export interface PlaceOptions {
  /** Where order-api is, for another replica than the system's own. */
  readonly api?: string;
  readonly scheduledFor?: Date;
}

/** Places one order, again until it is known to be accepted: order-api itself may be killed meanwhile. */
export async function placeOrder(
  system: System,
  unitPrice = 1_099,
  { api = system.url('order-api'), scheduledFor }: PlaceOptions = {},
): Promise<string> {
  const key = randomUUID();
  const lines = [{ sku: 'tea', quantity: 1, unitPrice }];
  const body = JSON.stringify({ customerId: 'e2e', currency: 'EUR', lines, scheduledFor });
  for (;;) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const response = await fetch(`${api}/orders`, { method: 'POST', headers, body }).catch(() => undefined);
    if (response?.status === 202) return ((await response.json()) as OrderView).id;
    if (response && response.status < 500 && response.status !== 409) {
      throw new Error(`${response.status} ${await response.text()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks for an order to be cancelled; again until it is known what became of that: 202, or 409 where it was decided before. */
export async function askToCancel(api: string, id: string): Promise<number> {
  const ask = async (): Promise<number> => (await fetch(`${api}/orders/${id}/cancel`, { method: 'POST' })).status;
  return until(`order-api answers to a cancel of ${id}`, ask, (status) => status === 202 || status === 409);
}

/** Every order, read page by page. */
export async function allOrders(system: System): Promise<OrderView[]> {
  const orders: OrderView[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor && { cursor }) });
    const page = await getJson<{ items: OrderView[]; nextCursor?: string }>(
      system.url('order-api', `/orders?${query}`),
    );
    orders.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return orders;
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
