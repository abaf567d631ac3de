import { match, strictEqual } from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { endedOrders, getJson } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';
import { leaveDeadLetters, queue, reasons } from './dead-letters.js';
import { type Latencies, LiveTraffic, type Span } from './live-traffic.js';
import { confirmedOf, OpsClient, type Replay } from './ops-client.js';
import { sendOrdinary } from './ordinary-messages.js';

export interface RunOptions {
  /** Letters that never can be handled, and as many that are replayed while order-api is killed. */
  readonly count: number;
  /** Letters a second. */
  readonly rate: number;
  /** Orders a second, all the time. */
  readonly ordersPerSecond: number;
  /** How long they are measured alone, beside ordinary messages and beside a replay, in milliseconds each. */
  readonly measureMs: number;
}

export interface RunReport {
  /** Half of the time before the others, half of it after them. */
  readonly alone: Latencies;
  /** While as many messages a second come to the queue as the replay sends. */
  readonly besideOrdinary: Latencies;
  /** While letters are replayed and nobody is killed. */
  readonly beside: Latencies;
  /** How many letters that replay had, and how long it took, in milliseconds. */
  readonly replayed: number;
  readonly tookMs: number;
  /** The same with order-api killed twice on the way. */
  readonly tookAmidKillsMs: number;
}

/** How long orders come in before they are measured, in milliseconds: what was before is over then. */
const settleMs = 2_000;

/**
 * Leaves messages that can be handled now and others that never can, replays all of them in stages while orders come in, and
 * in the last replay kills order-api, which does it, twice on the way.
 * @throws AssertionError unless the former are all handled, once, and the latter stop their replay at once and stay
 */
export async function replayRun(system: System, options: RunOptions): Promise<RunReport> {
  const { count, rate, ordersPerSecond, measureMs } = options;
  const measured = Math.round((rate * measureMs) / 1_000);
  const ops = new OpsClient(system);
  const left = { first: measured, second: count, poisoned: count, taken: measured };
  const ordinary = await leaveDeadLetters(system, left);
  await until(
    'the index has every letter',
    () => ops.indexed(queue),
    (indexed) => indexed === measured + 2 * count,
  );
  const groups = (await ops.groups(queue)).map(({ reason, present }) => [reason, present]);
  expectSame(groups.sort(), [
    [reasons.second, count],
    [reasons.first, measured],
    [reasons.poisoned, count],
  ]);

  const traffic = new LiveTraffic(system, ordersPerSecond);
  await traffic.start();
  try {
    await pause(settleMs);
    const before = await during(() => pause(measureMs / 2));
    const besideOrdinary = await during(() => sendOrdinary(system, ordinary, rate));
    await pause(settleMs);
    const beside = await during(() => replayUndisturbed(ops, { count: measured, rate }));
    await pause(settleMs);
    const after = await during(() => pause(measureMs / 2));
    await replayPoisoned(ops, rate);
    const tookAmidKillsMs = await replayAmidKills(system, ops, { count, rate });
    await traffic.stop();
    await checkEnd(system, ops, { count, orders: 2 * measured + count + traffic.orders });
    return {
      alone: traffic.latencies(before, after),
      besideOrdinary: traffic.latencies(besideOrdinary),
      beside: traffic.latencies(beside),
      replayed: measured,
      tookMs: beside.to - beside.from,
      tookAmidKillsMs,
    };
  } finally {
    await traffic.stop();
  }
}

/** When something was done. */
async function during(work: () => Promise<void>): Promise<Span> {
  const from = performance.now();
  await work();
  return { from, to: performance.now() };
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
