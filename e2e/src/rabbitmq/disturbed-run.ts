import { strictEqual } from 'node:assert/strict';
import { endedOrders, placeOrders } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';
import { checkAccounts } from './accounts.js';
import { HeldInbox } from './held-inbox.js';
import { cutConnections, killServer } from './management.js';

const queues = ['orders', 'billing', 'analytics', 'order-status'];

interface Fault {
  /** The app that is in the middle of a message when it happens; absent where that makes no difference. */
  readonly inHandOf?: string;
  strike(system: System): Promise<void>;
}

/** What is done to a system while orders are under way, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  nothing: { strike: async () => {} },
  'every connection is cut': { inHandOf: 'billing-worker', strike: cutConnections },
  'RabbitMQ is killed and starts again': { inHandOf: 'billing-worker', strike: killServer },
  'order-worker is killed': killed('order-worker'),
  'billing-worker is killed': killed('billing-worker'),
  'analytics-worker is killed': killed('analytics-worker'),
  'order-api is killed': killed('order-api'),
};

function killed(app: string): Fault {
  return { inHandOf: app, strike: async (system) => system.kill(app) };
}

/** How many orders there are after a run, and how long it took. */
export interface Run {
  readonly orders: number;
  readonly tookMs: number;
}

/**
 * For each of `names` places `count` orders and strikes when some of them have ended and others are in hand; then waits for
 * the end of all. All orders before have ended. What one fault does may still last when the next orders come.
 * @throws AssertionError unless each is paid, charged once, invoiced with its amount and counted once
 */
export async function runDisturbed(system: System, names: readonly string[], count: number): Promise<Run> {
  const before = await endedOrders(system);
  const startedAt = performance.now();
  const expected = before + names.length * count;
  for (const name of names) await strikeAmidOrders(system, name, count);
  await until(
    'every order has ended',
    () => endedOrders(system),
    (ended) => ended === expected,
  );
  const tookMs = performance.now() - startedAt;
  await checkAccounts(system, expected);
  return { orders: expected, tookMs };
}

/** Resolves when all are placed. */
async function strikeAmidOrders(system: System, name: string, count: number): Promise<void> {
  const fault = faults[name];
  if (fault === undefined) throw new Error(`There is no fault "${name}".`);
  const before = await endedOrders(system);
  const early = placeOrders(system, Math.ceil(count / 2));
  await until(
    'some orders have ended',
    () => endedOrders(system),
    (ended) => ended > before + count / 10,
  );
  const inbox = fault.inHandOf === undefined ? undefined : await HeldInbox.of(system, fault.inHandOf);
  const late = placeOrders(system, Math.floor(count / 2));
  try {
    await inbox?.inHand();
    await fault.strike(system);
  } finally {
    await inbox?.letGo();
  }
  strictEqual(new Set([...(await early), ...(await late)]).size, count);
}

/** @throws AssertionError unless no queue has a dead letter */
export function checkDeadLetters(system: System): void {
  for (const queue of queues) strictEqual(system.run('dlq', 'list', queue, '--json'), '[]\n');
}
