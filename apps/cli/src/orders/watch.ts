import { setTimeout as pause } from 'node:timers/promises';
import { CommandError } from '../command-error.js';
import type { Order, OrderApi, TimelineMessage } from './order-api.js';

export interface WatchOptions {
  /** How long the order may take to its end, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two looks, in milliseconds. */
  readonly intervalMs: number;
  /** Called once for each message, in order, as it becomes known. */
  readonly onMessage: (message: TimelineMessage) => void;
  /** Called with the status at first, and whenever it changes. `unknown` until the API has heard of the order. */
  readonly onStatus: (status: string) => void;
}

const endStates: ReadonlySet<string> = new Set(['paid', 'payment_failed', 'rejected', 'cancelled']);

/** Follows an order to its end and answers how it stands then. Rejects with a {@link CommandError} when that takes too long. */
export async function watchOrder(api: OrderApi, id: string, options: WatchOptions): Promise<Order> {
  const deadline = performance.now() + options.timeoutMs;
  const seen = new Set<string>();
  let last: string | undefined;
  for (;;) {
    // The order before its timeline: whatever made the end state is in the timeline by then.
    const order = await api.read(id);
    for (const message of order === undefined ? [] : await api.timeline(id)) {
      if (!seen.has(message.id)) options.onMessage(message);
      seen.add(message.id);
    }
    const status = order?.status ?? 'unknown';
    if (status !== last) options.onStatus(status);
    last = status;
    if (order !== undefined && endStates.has(status)) return order;
    if (performance.now() > deadline) {
      throw new CommandError(`Order ${id} is ${status} after ${options.timeoutMs / 1000} s; --timeout waits longer.`);
    }
    await pause(options.intervalMs);
  }
}
