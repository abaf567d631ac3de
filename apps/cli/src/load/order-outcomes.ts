import { setTimeout as pause } from 'node:timers/promises';
import type { OrderApi } from '../orders/order-api.js';

/** How an order stands in the API's read model. */
export interface Outcome {
  readonly status: string;
  /** When the payment was captured, in milliseconds since 1970 by the system's clock. */
  readonly capturedAt?: number;
}

const pageSize = '200';
const pollMs = 500;
const underWay = ['pending', 'accepted'] as const;

/**
 * Resolves with true once the API knows how every order of a customer ended, or with false at the deadline. Asks for
 * one order of each status that is not an end, so that it costs the same for ten orders and for a million. An API
 * that is too busy to answer is asked again; rejects with its failure when the deadline finds it like that.
 */
export async function waitUntilEnded(
  api: OrderApi,
  customerId: string,
  deadline: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const ended = await haveEnded(api, customerId).catch((error: unknown) => {
      if (performance.now() > deadline) throw error;
      return false;
    });
    if (ended) return true;
    if (performance.now() > deadline) return false;
    await pause(pollMs, undefined, { signal });
  }
}

async function haveEnded(api: OrderApi, customerId: string): Promise<boolean> {
  const pages = await Promise.all(underWay.map((status) => api.list({ customerId, status, limit: '1' })));
  return pages.every(({ items }) => items.length === 0);
}

/** Every order of a customer by its id, read page by page after the run. */
export async function readOutcomes(api: OrderApi, customerId: string): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  let cursor: string | undefined;
  do {
    const page = await api.list({ customerId, limit: pageSize, ...(cursor !== undefined && { cursor }) });
    for (const { id, status, capturedAt } of page.items) {
      outcomes.set(id, { status, ...(capturedAt !== undefined && { capturedAt: Date.parse(capturedAt) }) });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return outcomes;
}
