import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ComposeSystem } from './compose-system.ts';
import { authorization } from './token.ts';

export interface Order {
  readonly id: string;
  readonly status: string;
}

/** Places orders through order-api's container, a few at a time, each again until it is known to be accepted. */
export async function placeOrders(system: ComposeSystem, count: number): Promise<string[]> {
  let started = 0;
  return placeWhile(system, () => started++ < count);
}

/** Places orders as long as something goes on, some 80 a second at most. Answers their ids. */
export async function placeOrdersDuring(system: ComposeSystem, work: Promise<unknown>): Promise<string[]> {
  let over = false;
  const end = work.finally(() => {
    over = true;
  });
  const [ids] = await Promise.all([placeWhile(system, () => !over, 100), end]);
  return ids;
}

async function placeWhile(system: ComposeSystem, goesOn: () => boolean, pauseMs = 0): Promise<string[]> {
  const ids: string[] = [];
  const place = async (): Promise<void> => {
    while (goesOn()) {
      ids.push(await placeOrder(system));
      await pause(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: 8 }, place));
  return ids;
}

/** The key makes a repeated request one order, also when order-api was killed after it had committed. */
async function placeOrder(system: ComposeSystem): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
    ...(await authorization(system)),
  };
  const body = JSON.stringify({
    customerId: 'images',
    currency: 'EUR',
    lines: [{ sku: 'tea', quantity: 1, unitPrice: 1_099 }],
  });
  for (;;) {
    const response = await system
      .url('order-api', '/orders')
      .then((url) => fetch(url, { method: 'POST', headers, body }))
      .catch(() => system.forgetAddresses());
    if (response?.status === 202) return ((await response.json()) as Order).id;
    if (response && response.status < 500 && response.status !== 409) {
      throw new Error(`${response.status} ${await response.text()}`);
    }
    await pause(100);
  }
}

/** How many of these orders are paid. */
export async function countPaid(system: ComposeSystem, ids: readonly string[]): Promise<number> {
  const wanted = new Set(ids);
  const url = await system.url('order-api', '/orders');
  let cursor: string | undefined;
  let paid = 0;
  do {
    const query = new URLSearchParams({ limit: '100', status: 'paid', ...(cursor && { cursor }) });
    const page = await getJson<{ items: Order[]; nextCursor?: string }>(`${url}?${query}`, await authorization(system));
    paid += page.items.filter(({ id }) => wanted.has(id)).length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return paid;
}

export async function getJson<T>(url: string, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

interface Charges {
  readonly captured: number;
  readonly chargedTwice: readonly string[];
}

/** What the payment gateway has charged so far. */
export async function charges(system: ComposeSystem): Promise<Charges> {
  return getJson<Charges>(await system.url('payment-gateway', '/charges/totals'));
}
