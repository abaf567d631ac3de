import { match, strictEqual } from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { endedOrders, getJson } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';
import { leaveDeadLetters, queue, reasons } from './dead-letters.js';
import { type Latencies, LiveTraffic } from './live-traffic.js';
import { confirmedOf, OpsClient, type Replay } from './ops-client.js';

export interface RunOptions {
  /** Letters of each kind. */
  readonly count: number;
  /** Letters a second. */
  readonly rate: number;
  /** Orders a second, all the time. */
  readonly ordersPerSecond: number;
  /** How long they come alone before anything is replayed, in milliseconds. */
  readonly aloneMs: number;
}

export interface RunReport {
  readonly alone: Latencies;
  /** While letters are replayed and nobody is killed. */
  readonly beside: Latencies;
  /** How long that replay took, in milliseconds. */
  readonly tookMs: number;
  /** The same with order-api killed twice on the way. */
  readonly tookAmidKillsMs: number;
}

/**
 * Leaves messages that can be handled now and as many that never can, replays all of them in stages while orders come in, and
 * in the last replay kills order-api, which does it, twice on the way.
 * @throws AssertionError unless the former are all handled, once, and the latter stop their replay at once and stay
 */
export async function replayRun(system: System, options: RunOptions): Promise<RunReport> {
  const { count, rate, ordersPerSecond, aloneMs } = options;
  const ops = new OpsClient(system);
  await leaveDeadLetters(system, count);
  await until(
    'the index has every letter',
    () => ops.indexed(queue),
    (indexed) => indexed === 3 * count,
  );
  const groups = (await ops.groups(queue)).map(({ reason, present }) => [reason, present]);
  expectSame(groups.sort(), [
    [reasons.second, count],
    [reasons.first, count],
    [reasons.poisoned, count],
  ]);

  const traffic = new LiveTraffic(system, ordersPerSecond);
  await traffic.start();
  try {
    const aloneFrom = performance.now();
    await pause(aloneMs);
    const from = performance.now();
    await replayUndisturbed(ops, { count, rate });
    const to = performance.now();
    await replayPoisoned(ops, rate);
    const tookAmidKillsMs = await replayAmidKills(system, ops, { count, rate });
    await traffic.stop();
    await checkEnd(system, ops, { count, orders: 2 * count + traffic.orders });
    return {
      alone: traffic.latencies(aloneFrom, aloneFrom + aloneMs),
      beside: traffic.latencies(from, to),
      tookMs: to - from,
      tookAmidKillsMs,
    };
  } finally {
    await traffic.stop();
  }
}

/** Stops by itself before its third stage: what was not tried stays where it is. */
async function replayPoisoned(ops: OpsClient, rate: number): Promise<void> {
  const { id } = await ops.replay(queue, reasons.poisoned, { rate, note: 'whether they can be handled now' });
  const { state, why, stages } = await untilEnded(ops, id);
  strictEqual(state, 'stopped');
  match(why ?? '', /^stopped at stage [12]: /);
  strictEqual(confirmedOf({ stages }), 0);
}

interface Given {
  readonly count: number;
  readonly rate: number;
}

async function replayUndisturbed(ops: OpsClient, { count, rate }: Given): Promise<void> {
  const { id } = await ops.replay(queue, reasons.first, { rate, note: 'the gateway is fast again' });
  checkDone(await untilEnded(ops, id), count);
}

/** Resolves with how long it took, in milliseconds. */
async function replayAmidKills(system: System, ops: OpsClient, { count, rate }: Given): Promise<number> {
  const startedAt = performance.now();
  const { id } = await ops.replay(queue, reasons.second, { rate, note: 'the gateway is back' });
  for (const share of [0.25, 0.6]) {
    await until(
      `${share} of the letters are confirmed`,
      () => ops.show(id),
      (replay) => confirmedOf(replay) >= share * count,
    );
    strictEqual((await ops.show(id)).state, 'running');
    system.kill('order-api');
    await until(
      'order-api is there again',
      () => fetch(system.url('order-api', '/health/ready')),
      ({ ok }) => ok,
    );
  }
  checkDone(await untilEnded(ops, id), count);
  return performance.now() - startedAt;
}

/** Every letter is known to be handled. */
function checkDone({ state, stages }: Replay, count: number): void {
  strictEqual(state, 'done');
  expectSame(
    stages.map(({ letters, confirmed, failedAgain, missing }) => [letters, confirmed, failedAgain, missing]),
    stages.map(({ letters }) => [letters, letters, 0, 0]),
  );
  strictEqual(confirmedOf({ stages }), count);
}

function untilEnded(ops: OpsClient, id: string): Promise<Replay> {
  return until(
    'the replay has ended',
    () => ops.show(id),
    ({ state }) => state !== 'running',
    300_000,
  );
}

/** Each order is paid, charged and counted once; what can never be handled is where it was, and nothing else is dead. */
async function checkEnd(
  system: System,
  ops: OpsClient,
  { count, orders }: { readonly count: number; readonly orders: number },
): Promise<void> {
  await until(
    'every order has ended',
    () => endedOrders(system),
    (ended) => ended === orders,
  );
  const totals = await getJson<{ captured: number; chargedTwice: readonly unknown[] }>(
    system.url('payment-gateway', '/charges/totals'),
  );
  expectSame([totals.captured, totals.chargedTwice], [orders, []]);
  await until(
    'every payment is counted once',
    () => getJson<{ events: Record<string, number> }>(system.url('analytics-worker', '/analytics/summary')),
    ({ events }) => events['payment.captured'] === orders,
  );
  await until(
    'the index has what is left',
    () => ops.indexed(queue),
    (indexed) => indexed === count,
  );
  expectSame(
    (await ops.groups(queue)).filter(({ present }) => present > 0).map(({ reason, present }) => [reason, present]),
    [[reasons.poisoned, count]],
  );
  for (const other of ['orders', 'analytics', 'order-status']) strictEqual(await ops.indexed(other), 0);
}

/** As text: arrays that Jest's own realm did not make are no equals to it. */
function expectSame(actual: unknown, expected: unknown): void {
  strictEqual(JSON.stringify(actual), JSON.stringify(expected));
}
