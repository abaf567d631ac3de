import { strictEqual } from 'node:assert/strict';
import type { Envelope, Outgoing, Transport } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import pg from 'pg';
import { placeOrders } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';

/** The queue whose letters these are. */
export const queue = 'billing';

/** What the letters died of: two kinds that can be handled now, so that there are two replays, and one that never can. */
export const reasons = { first: 'HandlerTimedOut', second: 'AttemptsExhausted', poisoned: 'InvalidPayload' } as const;

/** How many messages are left of each kind. */
export interface Left {
  readonly first: number;
  readonly second: number;
  readonly poisoned: number;
  /** Taken out of the queue. */
  readonly taken: number;
}

/**
 * Leaves dead letters of each reason. Those that can be handled now are of orders that wait for their payment; what never
 * can the consumer gives up by itself. Resolves with messages that were taken, of orders that wait as well.
 */
export async function leaveDeadLetters(system: System, left: Left): Promise<readonly Envelope[]> {
  const transport = createAzureServiceBusTransport({ connectionString: system.connectionString });
  const orders = left.first + left.second + left.taken;
  try {
    await pauseConsumer(system);
    await placeOrders(system, orders);
    await until(
      'every order is accepted',
      () => countOrders(system, 'accepted'),
      (accepted) => accepted === orders,
    );
    const taken = await takeOut(transport, left);
    await transport.send(Array.from({ length: left.poisoned }, (_, n) => poisoned(n)));
    strictEqual((await fetch(system.url('billing-worker', '/ops/pause'), { method: 'DELETE' })).status, 204);
    return taken;
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

/**
 * Empties the queue: dead-letters what waits there in turn for both reasons, as a consumer does whose attempts are used up, and
 * completes the rest, with which it resolves.
 */
async function takeOut(transport: Transport, { first, second, taken: rest }: Left): Promise<readonly Envelope[]> {
  const taken: Envelope[] = [];
  const given = { first: 0, second: 0 };
  const done = Promise.withResolvers<void>();
  const subscription = await transport.subscribe(
    queue,
    async ({ envelope }) => {
      if (given.first + given.second + taken.length + 1 === first + second + rest) done.resolve();
      if (given.first === first && given.second === second) {
        taken.push(envelope);
        return { kind: 'complete' };
      }
      const isFirst = given.second === second || (given.first < first && given.first <= given.second);
      given[isFirst ? 'first' : 'second'] += 1;
      return {
        kind: 'dead-letter',
        reason: isFirst ? reasons.first : reasons.second,
        detail: 'The payment gateway answered 503.',
      };
    },
    { concurrency: 100, onError: (error) => done.reject(error) },
  );
  await done.promise;
  await subscription.stop();
  return taken;
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
