import { type BatchResult, emptyBatch } from '../outbox/batch-result.js';
import { blameOf } from '../outbox/blame.js';
import { sendInOrder } from '../outbox/send-in-order.js';
import { backoff } from '../retry/backoff.js';
import type { RetryPolicy } from '../retry/retry-policy.js';
import type { Destination, Transport } from '../transport.js';
import type { BucketClaims, Claim } from './bucket-claims.js';
import type { Lease } from './bucket-leases.js';
import { type BatchSize, parkHeld, type ReadFrom, type ReadRows, readRows } from './outbox-read.js';
import { ScheduledMessages } from './outbox-scheduled.js';
import { hold, remove, setAside } from './settle-rows.js';
import type { Turns } from './turns.js';

interface BatchOptions extends ReadFrom, BatchSize {
  readonly destination: Destination;
  /** The buckets to read where they are free, in the order of their turn. */
  readonly leases: readonly Lease[];
  /** Shared by all batches for this destination. */
  readonly claims: BucketClaims;
  /** There may be more to read: called before the batch is sent. */
  readonly onMore?: () => void;
  readonly send: Transport['send'];
  /** Takes back what was scheduled and is cancelled. */
  readonly transport: Pick<Transport, 'cancelScheduled'>;
  /** Called when what a late answer of the broker says could not be dealt with. */
  readonly onLateError: (error: unknown) => void;
  /** How long a failed ordering key waits. */
  readonly policy: RetryPolicy;
  readonly random: () => number;
  /** Shared by all batches of these leases: what concerns a held key is written by one of them at a time. */
  readonly turns: Turns;
}

/**
 * Reads, sends and removes one batch for one destination. No transaction is open while the broker is spoken to. A process
 * that dies between sending and removing leaves the rows, and the next relay sends them again with the same ids, which
 * the consumers' inboxes absorb.
 */
export async function sendBatch(options: BatchOptions): Promise<BatchResult> {
  const { claims, leases, onMore } = options;
  const claim = await claims.claim(leases, (free) => readFree(options, free));
  if (claim === undefined) return emptyBatch;
  try {
    if (claim.more) onMore?.();
    return await sendClaimed(options, claim);
  } finally {
    claim.release();
  }
}

async function readFree(options: BatchOptions, leases: readonly Lease[]): Promise<ReadRows> {
  const { pool, destination, turns } = options;
  const found = await readRows(options, { destination, leases }, options);
  if (found.passedHeld) await turns.run(() => parkHeld(pool, { destination, leases }));
  return found;
}

async function sendClaimed(options: BatchOptions, { rows, leases, more }: Claim): Promise<BatchResult> {
  const { pool, send, turns, policy, random } = options;
  const writing = { pool, leases };
  const scheduled = new ScheduledMessages({ pool, transport: options.transport, onLateError: options.onLateError });
  const { sent, failed, outage } = await sendInOrder(rows, (messages) =>
    send(messages, { onScheduled: scheduled.add }),
  );
  const notTakenBack = await scheduled.settle();

  const isHeld = rows.some(({ bucket }) => bucket < 0);
  if (isHeld) await turns.run(() => remove(writing, sent));
  else await remove(writing, sent);
  const delays: number[] = [];
  for (const { row, error } of failed) {
    if (blameOf(error) === 'message') {
      await turns.run(() => setAside(writing, row, error));
      continue;
    }
    const delayMs = backoff(policy, row.attempts + 1, random);
    await turns.run(() => hold(writing, row, error, delayMs));
    delays.push(delayMs);
  }
  return {
    read: rows.length,
    sent: sent.length,
    errors: [...failed.map(({ error }) => error), ...notTakenBack, ...(outage ? [outage] : [])],
    more,
    ...(outage && { outage }),
    ...(delays.length > 0 && { retryInMs: Math.min(...delays) }),
  };
}
