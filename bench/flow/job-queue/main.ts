/**
 * The whole flow without a broker: Fastify, and jobs in the database of everything by pg-boss. One process a role (first
 * argument: api, order, billing, analytics), each with the jobs of its app; one database with a schema for the tables of
 * each. An effect, the jobs that follow from it and the end of its own job are one transaction, for 16 jobs at a time.
 * Environment: DATABASE_URL, GATEWAY_URL, PORT (api only).
 *
 * What it leaves out, in its own favour: a database for each app, metrics, logs of what was handled, one bad job that
 * costs only itself, one shard of analytics, a simpler status, tokens, limits, health. A baseline of bench:flow; it may be
 * made tidier, never slower.
 */
import type { Db } from 'pg-boss';
import { countAccepted, countCaptured } from './analytics.js';
import { charge } from './charges.js';
import { boss } from './database.js';
import { decide } from './decisions.js';
import type { Accepted } from './jobs.js';
import { listen } from './listen.js';
import { noteAccepted, noteCaptured } from './orders.js';
import type { Queue } from './queues.js';

const OPTIONS = { batchSize: 16, burstWhenBatchFull: true } as const;

/** Handles jobs of a queue, each with its effect in the transaction that ends it. */
function work<Job>(queue: Queue, handle: (jobs: readonly Job[], db: Db) => Promise<void>): Promise<string> {
  return boss.work<Job, void, typeof OPTIONS & { readonly transactional: true }>(
    queue,
    { ...OPTIONS, transactional: true },
    (jobs, db) =>
      handle(
        jobs.map(({ data }) => data),
        db,
      ),
  );
}

/** By role: starts its jobs. */
const ROLES: Readonly<Record<string, () => Promise<unknown>>> = {
  async api() {
    await work('note-accepted', noteAccepted);
    await work('note-captured', noteCaptured);
    await listen();
  },
  order: () => work('decide', decide),
  // Its transaction would wait for the gateway.
  billing: () =>
    boss.work<Accepted, void, typeof OPTIONS>('charge', OPTIONS, (jobs) => charge(jobs.map(({ data }) => data))),
  async analytics() {
    await work('count-accepted', countAccepted);
    await work('count-captured', countCaptured);
  },
};

await boss.start();
const [role = ''] = process.argv.slice(2);
await ROLES[role]?.();
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
