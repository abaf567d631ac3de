import type { Clock } from '../../../clock.js';
import { wait } from '../../../endpoint/wait.js';
import { type Consume, type Subscription, type SubscriptionHealth, TransportError } from '../../../transport.js';
import { checkLimit } from '../../check-concurrency.js';
import { defaultDrainTimeoutMs } from '../../in-flight.js';
import type { HeldSession } from '../../sessions/held-session.js';
import { resolveSessionOptions, sessionLimit } from '../../sessions/session-options.js';
import { SessionProcessor } from '../../sessions/session-processor.js';
import type { ResolvedSubscribeOptions } from '../../subscribe-options.js';
import type { ClientSource } from '../client-factory.js';
import { LockDuration } from '../lock-duration.js';
import { LockRenewer } from '../lock-renewer.js';
import type { ResolvedOptions } from '../options.js';
import type { SenderConnection } from '../sender-connection.js';
import { Settler } from '../settle.js';
import { stopTimes } from '../../stop-times.js';
import { translateError } from '../translate-error.js';
import { waitAtMost } from '../../wait-at-most.js';
import { isNoSession } from './no-session.js';
import { ServiceBusHeldSession } from './service-bus-held-session.js';
import { SessionConnection } from './session-connection.js';
import { SessionWatch } from './session-watch.js';

/** The first pause before another connection is tried, in milliseconds; doubled up to the longest that is configured. */
const firstPauseMs = 250;

interface Parts {
  readonly source: ClientSource;
  readonly sender: SenderConnection;
  readonly resolved: ResolvedOptions;
}

/**
 * Delivers the messages of one queue's sessions to one consumer. It owns the connection that accepts sessions, replaces it
 * when it fails or falls silent, and hands what it accepts to a {@link SessionProcessor}.
 */
export class ServiceBusSessionSubscription implements Subscription {
  readonly queue: string;
  readonly #options: ResolvedSubscribeOptions;
  readonly #source: ClientSource;
  readonly #clock: Clock;
  readonly #resolved: ResolvedOptions;
  readonly #limit: number;
  readonly #idleTimeoutMs: number;
  readonly #processor: SessionProcessor;
  readonly #watch: SessionWatch;
  readonly #locks: LockRenewer;
  readonly #lockDuration: LockDuration;
  readonly #settler: Settler;
  readonly #end = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  /** Connections that are not closed yet. */
  readonly #closing = new Set<Promise<void>>();
  #connection: SessionConnection;
  /** Resolves when there is a connection again; undefined while there is one. */
  #reconnecting: Promise<void> | undefined;
  #asking = 0;
  #cancelCheck: () => void = () => {};
  #stopping: Promise<void> | undefined;

  constructor(queue: string, consume: Consume, options: ResolvedSubscribeOptions, parts: Parts) {
    const { clock } = parts.resolved;
    this.queue = queue;
    this.#options = options;
    this.#source = parts.source;
    this.#resolved = parts.resolved;
    this.#clock = clock;
    this.#limit = sessionLimit(queue, options);
    this.#idleTimeoutMs = resolveSessionOptions(queue, options.sessions ?? {}).idleTimeoutMs;
    this.#watch = new SessionWatch(queue);
    this.#locks = new LockRenewer(clock);
    this.#lockDuration = new LockDuration(clock, options.lockDurationMs);
    this.#settler = new Settler({ queue, sender: parts.sender, clock, maxDeliveryCount: options.maxDeliveryCount });
    this.#processor = new SessionProcessor({
      queue,
      consume,
      source: { accept: (interrupt) => this.#accept(interrupt) },
      clock,
      onError: options.onError,
    });
    this.#connection = this.#connect();
  }

  /** Resolves when sessions can be accepted or when the broker cannot be reached yet; rejects when they never could be. */
  async start(): Promise<void> {
    try {
      await this.#connection.probe();
      this.#watch.attached();
    } catch (error) {
      const failure = this.#explain(error);
      if (!failure.retryable) {
        await this.stop(0);
        throw failure;
      }
      this.#reconnect(this.#connection, failure);
    }
    if (this.#stopping !== undefined) return;
    this.#processor.setLimit(this.#limit);
    this.#planCheck();
  }

  health(): SubscriptionHealth {
    const { inFlight, occupied } = this.#processor;
    const taken = inFlight.size + occupied.count;
    if (this.#stopping !== undefined) {
      return { state: 'stopped', inFlight: taken, detail: 'The subscription was stopped.' };
    }
    return occupied.judge({ ...this.#watch.condition, inFlight: taken }, this.#limit);
  }

  get inHand(): number {
    return this.#processor.inFlight.size;
  }

  async setConcurrency(limit: number): Promise<void> {
    checkLimit(this.queue, limit);
    if (this.#stopping === undefined) this.#processor.setLimit(limit);
  }

  stop(drainTimeoutMs = defaultDrainTimeoutMs): Promise<void> {
    this.#stopping ??= this.#stop(drainTimeoutMs);
    return this.#stopping;
  }

  /** Calls `listener` once this was stopped, by whoever. */
  onStopped(listener: () => void): void {
    void this.#stopped.promise.then(listener);
  }

  async #accept(interrupt: AbortSignal): Promise<HeldSession | undefined> {
    if (this.#reconnecting !== undefined) await this.#reconnecting;
    const connection = this.#connection;
    this.#asking += 1;
    try {
      const receiver = await connection.accept(interrupt);
      if (receiver === undefined) return undefined;
      return new ServiceBusHeldSession(receiver, {
        queue: this.queue,
        connection,
        clock: this.#clock,
        locks: this.#locks,
        lockDuration: this.#lockDuration,
        settler: this.#settler,
        idleTimeoutMs: this.#idleTimeoutMs,
        onMessage: () => this.#watch.progressed(),
        onError: this.#options.onError,
      });
    } catch (error) {
      if (isNoSession(error)) this.#watch.progressed();
      else this.#reconnect(connection, this.#explain(error));
      return undefined;
    } finally {
      this.#asking -= 1;
    }
  }

  #connect(): SessionConnection {
    return new SessionConnection(this.#source, this.queue, this.#clock);
  }

  /** Takes another connection for new sessions; the old one closes once its own were given back. */
  #replace(): void {
    this.#retire(this.#connection);
    this.#connection = this.#connect();
  }

  #retire(connection: SessionConnection): void {
    const closing = connection.retire().catch((error: unknown) => this.#options.onError(this.#explain(error)));
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }

  /** After `failure` of the connection that is in use: tries others until one works. */
  #reconnect(failed: SessionConnection, failure: TransportError): void {
    if (failed !== this.#connection || this.#reconnecting !== undefined || this.#end.signal.aborted) return;
    this.#reconnecting = this.#untilConnected(failure).then(() => {
      this.#reconnecting = undefined;
    });
  }

  async #untilConnected(first: TransportError): Promise<void> {
    const longestMs = this.#resolved.maxReconnectDelayMs;
    let failure: TransportError | undefined = first;
    for (let pauseMs = firstPauseMs; failure !== undefined; pauseMs *= 2) {
      this.#watch.failed(failure);
      this.#options.onError(failure);
      await wait(this.#clock, Math.min(pauseMs, longestMs), this.#end.signal);
      if (this.#end.signal.aborted) return;
      this.#replace();
      failure = await this.#connection.probe().then(
        () => undefined,
        (error: unknown) => this.#explain(error),
      );
      if (this.#end.signal.aborted) return;
    }
    this.#watch.attached();
  }

  #planCheck(): void {
    const { stallAfterMs } = this.#resolved;
    if (this.#stopping !== undefined) return;
    this.#cancelCheck = this.#clock.schedule(this.#clock.now() + stallAfterMs, () => {
      this.#check(stallAfterMs);
      this.#planCheck();
    });
  }

  #check(untilNextCheck: number): void {
    if (this.#reconnecting !== undefined) return;
    const before = this.#watch.condition.state;
    const facts = { now: this.#clock.now(), untilNextCheck, isAsking: this.#asking > 0 };
    if (this.#watch.check({ ...facts, replaceAt: this.#connection.replaceAt() }) === 'keep') return;
    this.#replace();
    this.#processor.renew();
    const { state, detail = '' } = this.#watch.condition;
    if (state === 'stalled' && before !== state) this.#options.onError(new TransportError('Stalled', detail, true));
  }

  /** Ends in time whatever the network does: what the broker has not answered by then is left to its locks. */
  async #stop(drainTimeoutMs: number): Promise<void> {
    const { graceMs, limitMs } = stopTimes(drainTimeoutMs);
    this.#cancelCheck();
    this.#end.abort();
    const ended = this.#processor.drain(limitMs - graceMs).then(async () => {
      this.#retire(this.#connection);
      await Promise.all(this.#closing);
    });
    await waitAtMost(limitMs, this.#clock, ended);
    this.#locks.close();
    this.#stopped.resolve();
  }

  #explain(error: unknown): TransportError {
    return translateError(error, `receive from queue "${this.queue}"`);
  }
}
