import {
  type Capabilities,
  type Contract,
  type Dependency,
  explain,
  type Middleware,
  type OutboxBacklog,
  requireCapabilities,
  type Transport,
} from '@orderflow/messaging';
import { MessagingServer } from '@orderflow/messaging/nest';
import {
  createManualPauses,
  createPostgresMessaging,
  type ManualPauses,
  messagingSchema,
  postgresFailures,
  type PostgresMessaging,
  type Relay,
} from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { singleFlight } from '../single-flight.js';
import {
  databaseDependency,
  databaseIndicator,
  type HealthIndicator,
  pauseDegradation,
  receiverDegradation,
  receiverLiveness,
} from '../health/indicators.js';
import { logEndpoint } from '../logging/log-endpoint.js';
import { logTroubles, type TroubleLog } from '../logging/log-troubles.js';
import type { RequestDatabase } from '../postgres/request-database.js';
import { type Purge, purgeRegularly } from '../postgres/purge-regularly.js';
import { requireMigrations } from '../postgres/require-migrations.js';
import { declaredQueueOf, retryPolicyOf } from '../config/retry-variables.js';
import type { ServiceContext } from '../service/service-parts.js';
import { StartupError } from '../startup-error.js';
import { DatabaseShares, type DatabaseSharesOptions } from './database-shares.js';
import { deliveryReports, tracingOf } from './delivery-reports.js';
import { type MessagingConfig, thresholdsOf, versionOf } from './messaging-settings.js';
import { purgeOfInbox } from './purge-of-inbox.js';
import { reportWaitingOutbox } from './report-waiting-outbox.js';
import { watchManualPause } from './watch-manual-pause.js';
import { settledWithin } from '../settled-within.js';
import { QueueInlet } from './queue-inlet.js';
import { orderedQueue } from '../config/variables.js';

export interface MessagingServiceOptions
  extends ServiceContext<MessagingConfig>,
    Pick<DatabaseSharesOptions, 'name' | 'adaptDatabaseUrl' | 'insertConnections'> {
  /** The one queue it owns; where `ORDERED` is true, the one with sessions beside it. */
  readonly queue: string;
  /** Whether others may still send to the queue without sessions then: what comes there is passed on. False by default. */
  readonly passesOn?: boolean;
  /** Every contract that may arrive in it. */
  readonly contracts: readonly Contract[];
  /** The migrations its database must have besides those of inbox and outbox. */
  readonly migrations: readonly string[];
  /** Whether a restart is the cure for a receiver that stalls; not for a service that people call as well. */
  readonly restartWhenStalled: boolean;
  /** What its handlers need besides its database, and how to ask whether it is there; nothing by default. */
  readonly dependencies?: readonly Dependency[];
  /** What it asks of the broker beyond sending and receiving; nothing by default. */
  readonly needs?: readonly (keyof Capabilities)[];
  /** Old rows to remove from its database besides those of the inbox; none by default. */
  readonly purges?: (pool: Pool) => readonly Purge[];
}

/**
 * What a service needs to consume and publish without loss: database, inbox, outbox and its relay, transport, and the
 * Nest server for its queue, opened together and closed in the order that finishes what is in flight. Providers of a
 * service inject this class and take from it what they need.
 */
export class MessagingResources {
  /** For messages, and what the service does by itself. */
  readonly pool: Pool;
  /** The same database for HTTP requests. */
  readonly requests: RequestDatabase;
  /** A part of it for inserts of given values: see {@link DatabaseShares.inserts}. */
  readonly inserts: RequestDatabase | undefined;
  /** Inbox, outbox and the transactions they are part of. */
  readonly messaging: PostgresMessaging;
  readonly transport: Transport;
  readonly server: MessagingServer;
  readonly queue: string;
  /** The pauses that people order, of all replicas. */
  readonly pauses: ManualPauses;
  readonly #options: MessagingServiceOptions;
  readonly #backlog: () => Promise<OutboxBacklog>;
  /** Deliveries whose handler has not ended, released ones among them. */
  #unfinished = 0;
  readonly #inlet: QueueInlet | undefined;
  readonly #database: DatabaseShares;
  #relay: Relay | undefined;
  #stopRepeating: readonly (() => Promise<void>)[] = [];
  readonly #troubles: TroubleLog[] = [];

  private constructor(options: MessagingServiceOptions, transport: Transport) {
    const { config, logger, metrics } = options;
    this.#options = options;
    this.transport = transport;
    this.#database = new DatabaseShares(options);
    this.pool = this.#database.pool;
    this.requests = this.#database.requests;
    this.inserts = this.#database.inserts;
    this.messaging = createPostgresMessaging({
      pool: this.pool,
      planningOnce: this.#database.effects,
      onError: (error) => logger.error({ err: error }, 'something failed after its transaction had ended'),
    });
    this.#backlog = singleFlight(() => this.messaging.outbox.backlog());
    const dependencies = [databaseDependency(this.pool), ...(options.dependencies ?? [])];
    const isOrdered = config.ORDERED === true;
    this.queue = isOrdered ? orderedQueue(options.queue) : options.queue;
    this.pauses = createManualPauses(this.pool);
    this.server = new MessagingServer({
      transport,
      queue: this.queue,
      contracts: options.contracts,
      concurrency: config.MAX_CONCURRENCY,
      ...(isOrdered && { sessions: { maxConcurrentSessions: config.MAX_CONCURRENT_SESSIONS } }),
      policy: retryPolicyOf(config),
      declared: declaredQueueOf(config),
      failures: postgresFailures,
      dependencies,
      ...thresholdsOf(config),
      onEvent: logEndpoint(logger, this.queue),
      middleware: [...versionOf(config), this.#countUnfinished, ...deliveryReports(options)],
      onError: this.#troublesOf(this.queue).report,
      drainTimeoutMs: Math.ceil(config.SHUTDOWN_TIMEOUT * 0.8),
    });
    metrics.watchOutbox(this.#backlog);
    const names = dependencies.map((dependency) => dependency.name);
    metrics.watchEndpoint(this.queue, names, () => this.server.health());
    if (isOrdered && options.passesOn === true) this.#inlet = this.#inletOf(dependencies);
  }

  /**
   * Nothing is connected before {@link prepare}. The transport is closed with the rest, also when this throws.
   * @throws StartupError when the broker cannot do what the service needs
   */
  static async open(options: MessagingServiceOptions, transport: Transport): Promise<MessagingResources> {
    try {
      const { needs = [], config } = options;
      requireCapabilities(transport, config.ORDERED === true ? [...needs, 'sessions'] : needs);
    } catch (cause) {
      await transport.close();
      throw new StartupError(`${options.name} cannot run here: ${explain(cause)}`, { cause });
    }
    return new MessagingResources(options, transport);
  }

  /**
   * Checks the database's schema, then starts the relay.
   * @throws StartupError when migrations are pending
   */
  async prepare(): Promise<void> {
    const { name, migrations, logger, config } = this.#options;
    await requireMigrations(this.pool, name, [...messagingSchema.map((step) => step.name), ...migrations]);
    const { messaging, transport } = this;
    const unsent = logTroubles(logger, 'the outbox could not be sent; it is tried again');
    this.#troubles.push(unsent);
    this.#relay = messaging.startRelay({
      transport: tracingOf(config).sends(transport),
      onError: unsent.report,
      lingerMaxMs: config.OUTBOX_LINGER_MAX,
    });
    const { pauses, queue } = this;
    const stopWatching = await watchManualPause({
      pauses,
      queue,
      consumer: this,
      onError: (error) => logger.warn({ err: error, queue }, 'whether the queue is paused could not be read'),
    });
    this.#stopRepeating = [
      stopWatching,
      ...this.#purges().map((purge) => purgeRegularly(purge, logger)),
      reportWaitingOutbox(messaging.outbox, logger),
    ];
    await this.#inlet?.start();
  }

  /** Receives nothing new in this replica until {@link resume}, and passes nothing on. */
  pause(reason: string): void {
    this.server.pause(reason);
    this.#inlet?.pause(reason);
  }

  /** Ends what {@link pause} began. */
  resume(): void {
    this.server.resume();
    this.#inlet?.resume();
  }

  /** For the service's health: its database, its receiver, its outbox. */
  health(): readonly HealthIndicator[] {
    const receiver = () => this.server.health();
    return [
      databaseIndicator(this.pool),
      ...(this.#options.restartWhenStalled ? [receiverLiveness(receiver)] : []),
      ...(this.#inlet ? this.#inlet.indicators() : []),
      receiverDegradation(receiver),
      pauseDegradation(receiver),
      { name: 'outbox', kind: 'degraded', check: () => this.#checkOutbox() },
    ];
  }

  /**
   * Comes last: the consumer has drained (its `onModuleDestroy`), and no request is in flight any more. Rejects when a
   * handler still runs whose message was released: not everything was finished.
   */
  async close(): Promise<void> {
    await this.#inlet?.stop();
    await Promise.all(this.#stopRepeating.map((stop) => stop()));
    // A batch that the broker does not answer ends with the transport: its rows stay, and are sent again.
    const relayed = this.#relay?.stop();
    await settledWithin(lastBatchMs(this.#options.config.SHUTDOWN_TIMEOUT), relayed);
    await this.transport.close();
    await relayed;
    for (const troubles of this.#troubles) troubles.stop();
    await this.#database.end();
    if (this.#unfinished === 0) return;
    throw new Error(`Handlers that did not end in time: ${this.#unfinished}. Their messages are delivered again.`);
  }

  readonly #countUnfinished: Middleware = (next) => async (delivery) => {
    this.#unfinished += 1;
    try {
      return await next(delivery);
    } finally {
      this.#unfinished -= 1;
    }
  };

  #troublesOf(queue: string): TroubleLog {
    const troubles = logTroubles(this.#options.logger, 'the broker is in trouble', { queue });
    this.#troubles.push(troubles);
    return troubles;
  }

  #inletOf(dependencies: readonly Dependency[]): QueueInlet {
    const { config, contracts, logger, name, queue } = this.#options;
    return new QueueInlet({
      name,
      from: queue,
      to: this.queue,
      contracts,
      transport: this.transport,
      messaging: this.messaging,
      concurrency: config.MAX_CONCURRENCY,
      policy: retryPolicyOf(config),
      // What is declared is declared of both queues, but for the sessions.
      declared: declaredQueueOf({ ...config, ORDERED: false }),
      dependencies,
      ...thresholdsOf(config),
      middleware: deliveryReports(this.#options),
      onEvent: logEndpoint(logger, queue),
      onError: this.#troublesOf(queue).report,
    });
  }

  #purges(): readonly Purge[] {
    return [purgeOfInbox(this.messaging.inbox), ...(this.#options.purges?.(this.pool) ?? [])];
  }

  async #checkOutbox(): Promise<Readonly<Record<string, unknown>>> {
    const relay = this.#relay?.health();
    const backlog = await this.#backlog();
    const { rows, isEstimate, heldKeys, dead } = backlog;
    const problems = [
      ...(relay?.state === 'degraded' ? [`${isEstimate ? 'about ' : ''}${rows} messages wait: ${relay.detail}`] : []),
      ...(heldKeys > 0 ? [`${heldKeys} ordering keys are held`] : []),
      ...(dead > 0 ? [`${dead} messages are set aside`] : []),
    ];
    if (problems.length > 0) throw new Error(problems.join('; '));
    return { ...backlog };
  }
}

/** How long the last batch of the outbox may take when a service stops, in milliseconds: a twentieth of its limit. */
function lastBatchMs(shutdownTimeoutMs: number): number {
  return Math.ceil(shutdownTimeoutMs / 20);
}
