import {
  type Contract,
  type Clock,
  createEnvelopeWriter,
  type Delivery,
  type Message,
  observeDeliveries,
  PermanentError,
  startConsumer,
} from '../../src/index.js';
import { createAzureServiceBusTransport } from '../../src/transports/azure-service-bus/index.js';
import { createPostgresInbox, createPostgresOutbox, type PostgresTx, startRelay } from '../../src/postgres/index.js';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { done, resultsQueue, resultSuffixes, work, type Work, workQueue } from './messages.js';

/** Two of these do not fit into a batch of 256 KiB; in characters. */
const largeResult = 150_000;

export interface ServiceOptions {
  readonly connectionString: string;
  readonly databaseUrl: string;
  readonly concurrency: number;
  readonly clock: Clock;
  /** Called with everything that went wrong outside a delivery. */
  readonly onError: (error: unknown) => void;
  /** What a message of the kind `held` waits for in its handler; nothing when absent. */
  readonly hold?: (delivery: Delivery) => Promise<void>;
}

export interface Service {
  /** Deliveries being handled now. */
  readonly inFlight: number;
  /** @param drainTimeoutMs how long deliveries in flight are waited for */
  stop(drainTimeoutMs: number): Promise<void>;
}

/** Everything a worker of ours is: the real transport, a consumer, inbox, outbox and relay, and one handler. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { connectionString, databaseUrl, concurrency, clock, onError } = options;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  pool.on('error', onError);
  const outbox = createPostgresOutbox({ pool });
  const inbox = createPostgresInbox({ pool, outbox });
  const transport = createAzureServiceBusTransport({ connectionString }, { clock, maxReconnectDelayMs: 20, requestTimeoutMs: 5_000 });
  const relay = startRelay({ pool, outbox, transport, clock, onError });
  const write = createEnvelopeWriter('/kill-points');

  const effect = async (tx: PostgresTx, message: Message): Promise<void> => {
    const { id } = message;
    const value = randomUUID();
    await tx.query('INSERT INTO effects (message_id, value) VALUES ($1, $2)', [id, value]);
    const padding = 'x'.repeat((message.payload as Work).kind === 'large' ? largeResult : 0);
    const results = resultSuffixes.map((suffix) =>
      write(done, { value, padding }, { id: `${id}${suffix}`, orderingKey: id }),
    );
    await outbox.add(
      tx,
      results.map((envelope) => ({ to: { queue: resultsQueue }, envelope })),
    );
  };
  const handle = async (message: Message, delivery: Delivery): Promise<void> => {
    const { kind } = message.payload as Work;
    if (kind === 'held') await options.hold?.(delivery);
    if (kind === 'refused') throw new PermanentError('Refused', 'This message can never succeed.');
    await inbox.once('worker', message.id, async (tx) => {
      await effect(tx, message);
      if (kind === 'retried' && delivery.attempt === 1) throw new Error('It succeeds at its second attempt.');
    });
  };

  const subscription = await startConsumer({
    transport,
    queue: workQueue,
    contracts: [work as Contract],
    handlers: new Map([[work.type, handle]]),
    middleware: [observeDeliveries({ finished: () => undefined })],
    policy: { immediateAttempts: 2, immediateDelayMs: 1, baseDelayMs: 10, maxAttempts: 100, jitter: 0 },
    concurrency,
    onError,
  });
  return {
    get inFlight() {
      return subscription.health().inFlight;
    },
    async stop(drainTimeoutMs) {
      await subscription.stop(drainTimeoutMs);
      await relay.stop();
      await transport.close();
      await pool.end();
    },
  };
}
