import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { DrainReport } from '../outbox/memory-outbox.js';
import { BUCKETS } from '../outbox/bucket.js';
import { BucketLeases } from '../postgres/bucket-leases.js';
import { sendBatch, holdPolicy } from '../postgres/send-batch.js';
import type { Transport } from '../transport.js';

const leaseMs = 60_000;

/**
 * Sends what waits in a PostgreSQL outbox as a relay does, but once: up to `limit` messages, oldest first, of the
 * buckets that no relay works on. Rejects when the database fails.
 */
export async function sendWaiting(pool: Pool, limit: number, send: Transport['send']): Promise<DrainReport> {
  const leases = new BucketLeases(pool, randomUUID(), leaseMs);
  const taken = await leases.take(BUCKETS);
  try {
    const { sent, errors } = await sendBatch({
      pool,
      leases: taken,
      limit,
      send,
      policy: holdPolicy,
      random: Math.random,
    });
    return { sent, errors };
  } finally {
    await leases.leave();
  }
}
