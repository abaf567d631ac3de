import { strictEqual } from 'node:assert/strict';
import type { Outgoing, Transport } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import pg from 'pg';
import { placeOrders } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';

/** The queue whose letters these are. */
export const queue = 'billing';

/** What the letters died of: two kinds that can be handled now, so that there are two replays, and one that never can. */
export const reasons = { first: 'HandlerTimedOut', second: 'AttemptsExhausted', poisoned: 'InvalidPayload' } as const;

/**
 * Leaves `count` messages of each reason. Those that can be handled now are of orders that wait for their payment; what never
 * can the consumer gives up by itself.
 */
export async function leaveDeadLetters(system: System, count: number): Promise<void> {
  const transport = createAzureServiceBusTransport({ connectionString: system.connectionString });
  try {
    await pauseConsumer(system);
    await placeOrders(system, 2 * count);
    await until(
      'every order is accepted',
      () => countOrders(system, 'accepted'),
      (accepted) => accepted === 2 * count,
    );
    await giveUp(transport, 2 * count);
    await transport.send(Array.from({ length: count }, (_, n) => poisoned(n)));
    strictEqual((await fetch(system.url('billing-worker', '/ops/pause'), { method: 'DELETE' })).status, 204);
  } finally {
    await transport.close();
  }
}

export async function countOrders(system: System, status: string): Promise<number> {
  const database = new pg.Client(system.databaseUrl('order-api'));
  await database.connect();
  try {
    const text = 'SELECT count(*)::int AS orders FROM orders WHERE status = $1';
    const { rows } = await database.query<{ orders: number }>(text, [status]);
    return rows[0]?.orders ?? 0;
  } finally {
    await database.end();
  }
}

async function pauseConsumer(system: System): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ reason: 'its messages are dead-lettered by hand' });
  const answer = await fetch(system.url('billing-worker', '/ops/pause'), { method: 'PUT', headers, body });
  strictEqual(answer.status, 200);
}

/** Dead-letters what waits in the queue, as a consumer does whose attempts are used up. */
async function giveUp(transport: Transport, count: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  let left = count;
  const subscription = await transport.subscribe(
    queue,
    async () => {
      left -= 1;
      if (left === 0) done.resolve();
      const reason = left % 2 === 0 ? reasons.first : reasons.second;
      return { kind: 'dead-letter', reason, detail: 'The payment gateway answered 503.' };
    },
    { concurrency: 100, onError: (error) => done.reject(error) },
  );
  await done.promise;
  await subscription.stop();
}

function poisoned(n: number): Outgoing {
  return {
    to: { queue },
    envelope: {
      id: `poisoned-${n}`,
      type: 'order.accepted',
      version: 1,
      source: '/e2e',
      time: new Date().toISOString(),
      contentType: 'application/json',
      headers: {},
      body: Buffer.from(JSON.stringify({ order: 7 })),
      orderingKey: `poisoned-${n}`,
    },
  };
}
