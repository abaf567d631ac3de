import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { DrainReport } from '../outbox/memory-outbox.js';
import { BUCKETS } from '../outbox/bucket.js';
import { BucketClaims } from '../postgres/bucket-claims.js';
import { BucketLeases } from '../postgres/bucket-leases.js';
import { waitingDestinations } from '../postgres/outbox-read.js';
import { sendBatch } from '../postgres/send-batch.js';
import { holdPolicy } from '../outbox/hold-policy.js';
import { Turns } from '../postgres/turns.js';
import type { Transport } from '../transport.js';

const leaseMs = 60_000;

/**
 * Sends what waits in a PostgreSQL outbox as a relay does, but once: up to `limit` messages, oldest first, of the
 * buckets that no relay works on. Rejects when the database fails.
 */
export async function sendWaiting(
  pool: Pool,
  limit: number,
  send: Transport['send'],
  transport: Pick<Transport, 'cancelScheduled'> = {},
): Promise<DrainReport> {
  const leases = new BucketLeases(pool, randomUUID(), leaseMs);
  const taken = await leases.take(BUCKETS);
  try {
    const report = { sent: 0, errors: [] as unknown[] };
    for (const destination of await waitingDestinations(
      pool,
      taken.map(({ bucket }) => bucket),
    )) {
      const { sent, errors } = await sendBatch({
        pool,
        destination,
        leases: taken,
        claims: new BucketClaims(),
        limit: limit - report.sent,
        send,
        transport,
        onLateError: (error) => report.errors.push(error),
        policy: holdPolicy,
        random: Math.random,
        turns: new Turns(),
      });
      report.sent += sent;
      report.errors.push(...errors);
      if (report.sent >= limit) break;
    }
    return report;
  } finally {
    await leases.leave();
  }
}
