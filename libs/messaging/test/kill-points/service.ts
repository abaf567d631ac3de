import {
  type Clock,
  createEnvelopeWriter,
  type Delivery,
  type EnvelopeWriter,
  handle,
  type Message,
  observeDeliveries,
  type Outgoing,
  PermanentError,
  startConsumer,
  type StatementSteps,
  type Steps,
} from '../../src/index.js';
import { createAzureServiceBusTransport } from '../../src/transports/azure-service-bus/index.js';
import {
  createPostgresMessaging,
  type HandledEffect,
  postgresFailures,
  type UnitOfWork,
} from '../../src/postgres/index.js';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  done,
  orderedWorkQueue,
  resultsQueue,
  resultSuffixes,
  statedWork,
  work,
  type Work,
  workQueue,
} from './messages.js';

/** Two of these do not fit into a batch of 256 KiB; in characters. */
const largeResult = 150_000;

/** PostgreSQL's code for a database that takes no connections: how it is away here. */
const notAccepting = '55000';

export interface ServiceOptions {
  readonly connectionString: string;
  readonly databaseUrl: string;
  readonly concurrency: number;
  /** Whether it consumes the queue with sessions, instead of the one without. */
  readonly isOrdered: boolean;
  /** How long a message waits to be tried again, in milliseconds; 10 when absent. */
  readonly retryMs?: number;
  /** After how many deliveries the broker gives a message up; many when absent. */
  readonly maxDeliveryCount?: number;
  readonly clock: Clock;
  /** Called with everything that went wrong outside a delivery. */
  readonly onError: (error: unknown) => void;
  /** What some kinds of messages wait for; rejects when the signal aborts and they heed it. Nothing when absent. */
  readonly hold?: (delivery: Delivery, heedsAbort: boolean) => Promise<void>;
}

export interface Service {
  /** Deliveries being handled now. */
  readonly inFlight: number;
  /** How often it was asked whether the database is back. */
  readonly probes: number;
  /** Receives nothing new until {@link resume}. */
  pause(): void;
  resume(): void;
  /** @param drainTimeoutMs how long deliveries in flight are waited for */
  stop(drainTimeoutMs: number): Promise<void>;
}

/** Everything a worker of ours is: the real transport, a consumer, inbox, outbox and relay, and one handler. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { connectionString, databaseUrl, concurrency, clock, onError, retryMs = 10 } = options;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  pool.on('error', onError);
  const messaging = createPostgresMessaging({ pool, onError });
  const transport = createAzureServiceBusTransport(
    { connectionString },
    { clock, maxReconnectDelayMs: 20, requestTimeoutMs: 5_000 },
  );
  const relay = messaging.startRelay({ transport, clock, onError });
  const write = createEnvelopeWriter('/kill-points');

  const effect = async (tx: UnitOfWork<unknown>, message: Message<Work>): Promise<void> => {
    const values = [message.id, randomUUID()];
    const results = resultsOf(message, write, values[1] ?? '');
    if (message.payload.kind === 'plain') {
      const text = 'stored AS (INSERT INTO effects (message_id, value) VALUES ($1, $2))';
      await messaging.outbox.addWith(tx, { text, values }, results);
      return;
    }
    await tx.query('INSERT INTO effects (message_id, value) VALUES ($1, $2)', values);
    await messaging.outbox.add(tx, results);
  };
  const steps: Steps<Work, Delivery, UnitOfWork<unknown>> = {
    inbox: messaging.inbox,
    consumer: 'worker',
    async prepare({ payload: { kind } }, _signal, delivery) {
      if (kind === 'held' || kind === 'deaf') await options.hold?.(delivery, kind === 'held');
      if (kind === 'retried') await countInSession(delivery);
      if (kind === 'refused') throw new PermanentError('Refused', 'This message can never succeed.');
      return delivery;
    },
    async commit(delivery, tx, message) {
      const { kind } = message.payload;
      await effect(tx, message);
      if (kind === 'open') await options.hold?.(delivery, true);
      if (kind === 'retried' && delivery.attempt === 1) throw new Error('It succeeds at its second attempt.');
    },
    async commitMany(all, tx) {
      for (const { prepared, message } of all) await this.commit(prepared, tx, message);
    },
  };
  const stated: StatementSteps<Work, undefined, HandledEffect> = {
    inbox: messaging.inbox,
    consumer: 'worker',
    prepare: async () => undefined,
    effectOf(all) {
      const written = all.map(({ message }) => ({ message, value: randomUUID() }));
      return {
        text: `stored AS (
          INSERT INTO effects (message_id, value)
          SELECT message_id, value FROM (SELECT unnest($1::text[]) AS message_id, unnest($2::text[]) AS value) AS work
          JOIN handled USING (message_id) ORDER BY message_id RETURNING message_id)`,
        values: [written.map(({ message }) => message.id), written.map(({ value }) => value)],
        sends: {
          messages: written.flatMap(({ message, value }) => resultsOf(message, write, value)),
          ids: `SELECT message_id || suffix FROM stored, unnest(ARRAY['${resultSuffixes.join("','")}']) AS suffix`,
        },
      };
    },
  };

  let probes = 0;
  const probe = (): Promise<unknown> => {
    probes += 1;
    return pool.query('SELECT');
  };
  const subscription = await startConsumer({
    transport,
    queue: options.isOrdered ? orderedWorkQueue : workQueue,
    ...(options.isOrdered && { sessions: {} }),
    handlers: [handle(work, steps), handle(statedWork, stated)],
    middleware: [observeDeliveries({ finished: () => undefined })],
    policy: { immediate: [1], delayed: { baseMs: retryMs, factor: 1, capMs: retryMs, retries: 90 }, jitter: 'none' },
    failures: [{ when: { code: notAccepting }, is: 'dependency-away', dependency: 'database' }, ...postgresFailures],
    dependencies: [{ name: 'database', probe }],
    pause: { probeMs: 50, probeMaxMs: 200, resumeStepMs: 100 },
    breaker: { failures: 3, openMs: 200 },
    clock,
    concurrency,
    maxDeliveryCount: options.maxDeliveryCount ?? 100,
    onError,
  });
  return {
    get inFlight() {
      return subscription.health().inFlight;
    },
    get probes() {
      return probes;
    },
    pause: () => subscription.pause('by hand'),
    resume: () => subscription.resume(),
    async stop(drainTimeoutMs) {
      await subscription.stop(drainTimeoutMs);
      await relay.stop();
      await transport.close();
      await pool.end();
    },
  };
}

/** Keeps with its session how often a message was begun. */
async function countInSession({ session }: Delivery): Promise<void> {
  if (session === undefined) return;
  const [begun = 0] = (await session.state()) ?? [];
  await session.setState(Uint8Array.of(begun + 1));
}

function resultsOf({ id, payload }: Message<Work>, write: EnvelopeWriter, value: string): readonly Outgoing[] {
  const padding = 'x'.repeat(payload.kind === 'large' ? largeResult : 0);
  return resultSuffixes.map((suffix) => ({
    to: { queue: resultsQueue },
    envelope: write(done, { value, padding }, { id: `${id}${suffix}`, orderingKey: id }),
  }));
}
