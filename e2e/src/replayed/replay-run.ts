import { match, strictEqual } from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { endedOrders, getJson } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';
import { leaveDeadLetters, queue } from './dead-letters.js';
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
  /** While letters are replayed, without the orders that met an order-api that was killed. */
  readonly beside: Latencies;
  /** Orders that met it, and were accepted all the same. */
  readonly delayed: number;
  readonly tookMs: number;
}

/** After an order-api that was killed is ready again, its latencies are not those of one that runs, for so many milliseconds. */
const warmUpMs = 2_000;

/**
 * Leaves as many messages that can be handled now as that never can, replays both in stages while orders come in, and kills
 * order-api, which does it, twice on the way.
 * @throws AssertionError unless the former are all handled, once, and the latter stop their replay at once and stay
 */
export async function replayRun(system: System, options: RunOptions): Promise<RunReport> {
  const { count, rate, ordersPerSecond, aloneMs } = options;
  const ops = new OpsClient(system);
  await leaveDeadLetters(system, count);
  await until(
    'the index has every letter',
    () => ops.indexed(queue),
    (indexed) => indexed === 2 * count,
  );
  const groups = (await ops.groups(queue)).map(({ reason, present }) => [reason, present]);
  expectSame(groups.sort(), [
    ['AttemptsExhausted', count],
    ['InvalidPayload', count],
  ]);

  const traffic = new LiveTraffic(system, ordersPerSecond);
  await traffic.start();
  try {
    const aloneFrom = performance.now();
    await pause(aloneMs);
    await replayPoisoned(ops, rate);
    const from = performance.now();
    const outages = await replayAmidKills(system, ops, { count, rate });
    const to = performance.now();
    const isOutage = (at: number): boolean => outages.some((outage) => at >= outage.from && at < outage.to);
    await traffic.stop();
    await checkEnd(system, ops, { count, orders: count + traffic.orders });
    const beside = traffic.latencies(from, to, isOutage);
    return {
      alone: traffic.latencies(aloneFrom, aloneFrom + aloneMs),
      beside,
      delayed: traffic.latencies(from, to).orders - beside.orders,
      tookMs: to - from,
    };
  } finally {
    await traffic.stop();
  }
}

/** Stops by itself before its third stage: what was not tried stays where it is. */
async function replayPoisoned(ops: OpsClient, rate: number): Promise<void> {
  const { id } = await ops.replay(queue, 'InvalidPayload', { rate, note: 'whether they can be handled now' });
  const { state, why, stages } = await untilEnded(ops, id);
  strictEqual(state, 'stopped');
  match(why ?? '', /^stopped at stage [12]: /);
  strictEqual(confirmedOf({ stages } as Replay), 0);
}

interface Outage {
  readonly from: number;
  readonly to: number;
}

/** Resolves with when order-api was not there. */
async function replayAmidKills(
  system: System,
  ops: OpsClient,
  { count, rate }: { readonly count: number; readonly rate: number },
): Promise<readonly Outage[]> {
  const { id } = await ops.replay(queue, 'AttemptsExhausted', { rate, note: 'the gateway is back' });
  const outages: Outage[] = [];
  for (const share of [0.25, 0.6]) {
    await until(
      `${share} of the letters are confirmed`,
      () => ops.show(id),
      (replay) => confirmedOf(replay) >= share * count,
    );
    strictEqual((await ops.show(id)).state, 'running');
    const from = performance.now();
    system.kill('order-api');
    await until(
      'order-api is there again',
      () => fetch(system.url('order-api', '/health/ready')),
      ({ ok }) => ok,
    );
    outages.push({ from, to: performance.now() + warmUpMs });
  }
  const { state, stages } = await untilEnded(ops, id);
  strictEqual(state, 'done');
  expectSame(
    stages.map(({ letters, confirmed, failedAgain, missing }) => [letters, confirmed, failedAgain, missing]),
    stages.map(({ letters }) => [letters, letters, 0, 0]),
  );
  strictEqual(confirmedOf({ stages } as Replay), count);
  return outages;
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
    [['InvalidPayload', count]],
  );
  for (const other of ['orders', 'analytics', 'order-status']) strictEqual(await ops.indexed(other), 0);
}

/** As text: arrays that Jest's own realm did not make are no equals to it. */
function expectSame(actual: unknown, expected: unknown): void {
  strictEqual(JSON.stringify(actual), JSON.stringify(expected));
}
