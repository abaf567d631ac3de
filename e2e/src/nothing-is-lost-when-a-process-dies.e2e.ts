import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allOrders, endedOrders, getJson, placeOrders } from './orders.js';
import { ShortLocks } from './short-locks.js';
import { System } from './system.js';
import { until } from './until.js';

const ORDERS = 1_000;
const queues = ['orders', 'billing', 'analytics', 'order-status'];

interface Totals {
  readonly captured: number;
  readonly chargedTwice: readonly string[];
}

let system: System;
let locks: ShortLocks;
let expected = 0;

beforeAll(async () => {
  locks = await ShortLocks.write();
  system = await System.start({ BROKER_TOPOLOGY: locks.file });
});

afterAll(async () => {
  await system.remove();
  await locks.remove();
});

/** What is answered once the victim is back: every order may have ended without it. */
function onceThere<T>(what: string, ask: () => Promise<T>): Promise<T> {
  return until(what, ask, () => true);
}

/** The ids of the messages in the dead-letter queues of all queues. */
async function deadLetters(): Promise<unknown[]> {
  const client = new ServiceBusClient(system.connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } });
  try {
    const letters = await Promise.all(
      queues.map((queue) => client.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(100)),
    );
    return letters.flat().map(({ messageId }) => messageId);
  } finally {
    await client.close();
  }
}

describe('with 1,000 orders under way', () => {
  it.each(['broker', 'order-api', 'order-worker', 'billing-worker', 'analytics-worker', 'payment-gateway', 'postgres'])(
    'a kill -9 of %s loses no order, charges nobody twice and leaves no dead letter',
    async (victim) => {
      expected += ORDERS;
      const placed = placeOrders(system, ORDERS);
      await until(
        'some orders have ended',
        () => endedOrders(system),
        (count) => count > expected - ORDERS + ORDERS / 10,
      );
      system.kill(victim);
      const ids = await placed;
      expect(new Set(ids).size).toBe(ORDERS);
      await until(
        'every order has ended',
        () => endedOrders(system),
        (count) => count === expected,
      );
      const orders = await onceThere('order-api lists them', () => allOrders(system));
      expect(orders).toHaveLength(expected);
      expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(['paid']));
      const totals = await onceThere('the gateway tells what it charged', () =>
        getJson<Totals>(system.url('payment-gateway', '/charges/totals')),
      );
      expect(totals).toMatchObject({ captured: expected, chargedTwice: [] });
      await until(
        'every payment is counted once',
        () => getJson<{ events: Record<string, number> }>(system.url('analytics-worker', '/analytics/summary')),
        ({ events }) => events['payment.captured'] === expected,
      );
      expect(await onceThere('the broker tells its dead letters', deadLetters)).toEqual([]);
    },
    170_000,
  );
});
