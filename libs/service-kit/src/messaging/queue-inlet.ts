import {
  type Consumer,
  type ConsumerOptions,
  type Contract,
  handle,
  type Handling,
  startConsumer,
} from '@orderflow/messaging';
import { postgresFailures, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { type HealthIndicator, receiverDegradation } from '../health/indicators.js';

export interface QueueInletOptions
  extends Pick<
    ConsumerOptions,
    | 'transport'
    | 'concurrency'
    | 'policy'
    | 'declared'
    | 'dependencies'
    | 'pause'
    | 'breaker'
    | 'middleware'
    | 'onEvent'
    | 'onError'
  > {
  /** The service, e.g. `order-worker`. */
  readonly name: string;
  /** The queue without sessions, for those who send without one. */
  readonly from: string;
  /** The queue with sessions that the service consumes. */
  readonly to: string;
  readonly contracts: readonly Contract[];
  readonly messaging: PostgresMessaging;
}

/** How long passing on may go on when the service stops, in milliseconds: a message takes one transaction. */
const stopMs = 2_000;

/**
 * Passes on what is sent to a queue without sessions into the one with sessions beside it, once, through inbox and outbox.
 * A message joins the session of its ordering key, also of one that only its body has, or is one of its own. What cannot be
 * read is dead-lettered where it came.
 */
export class QueueInlet {
  readonly #options: QueueInletOptions;
  #consumer: Consumer | undefined;
  #pausedBecause: string | undefined;

  constructor(options: QueueInletOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name: _name, from: queue, to: _to, messaging: _messaging, contracts, ...options } = this.#options;
    this.#consumer = await startConsumer({
      ...options,
      queue,
      contracts,
      handlers: contracts.filter(({ upcast }) => upcast === undefined).map((contract) => this.#passing(contract)),
      failures: postgresFailures,
      ...(this.#pausedBecause !== undefined && { pausedBecause: this.#pausedBecause }),
    });
    // Somebody may have changed his mind while the consumer started.
    if (this.#pausedBecause === undefined) this.#consumer.resume();
    else this.#consumer.pause(this.#pausedBecause);
  }

  /** Passes nothing on until {@link resume}, from the start if it has not started. */
  pause(reason: string): void {
    this.#pausedBecause = reason;
    this.#consumer?.pause(reason);
  }

  resume(): void {
    this.#pausedBecause = undefined;
    this.#consumer?.resume();
  }

  /** Reported, and no reason to restart: the service's own queue goes on. */
  indicators(): readonly HealthIndicator[] {
    const health = () => this.#consumer?.health() ?? { state: 'connecting' as const, inFlight: 0 };
    return [{ ...receiverDegradation(health), name: 'inlet' }];
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop(stopMs);
  }

  #passing(contract: Contract): Handling {
    const { name, to, messaging } = this.#options;
    return handle(contract, async ({ id, orderingKey }, { envelope, signal }) => {
      const passedOn = { ...envelope, id, ...(orderingKey !== undefined && { orderingKey }) };
      await messaging.inbox.once(
        `${name}/inlet`,
        id,
        (tx) => messaging.outbox.add(tx, [{ to: { queue: to }, envelope: passedOn }]),
        { signal },
      );
    });
  }
}
