import { type SubscriptionHealth, TransportError } from '../../transport.js';
import type { ClientSource } from './client-factory.js';
import type { DeliveryLink } from './delivery-link.js';
import type { ResolvedOptions } from './options.js';
import { ReceiverConnection, type ReceiverEvents } from './receiver-connection.js';
import type { Slots } from './slots.js';
import { Supervisor } from './supervisor.js';
import { translateError } from './translate-error.js';
import { waitAtMost } from '../wait-at-most.js';

/** How long a connection may take to stop receiving or to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;
/** How much longer than the SDK's longest pause its silence after a lost connection may last, in milliseconds. */
const silenceMs = 1_000;

interface Parts {
  readonly source: ClientSource;
  readonly resolved: ResolvedOptions;
  /** The places for what arrives; a receiver asks for as much as their limit. */
  readonly slots: Slots;
  readonly onMessage: ReceiverEvents['onMessage'];
  readonly onError: (error: TransportError) => void;
  /** The messages being handled, by their sequence numbers. */
  readonly inHand: () => ReadonlySet<string>;
}

/**
 * Keeps one receiver of a queue working: opens it, watches it, and replaces it when its supervisor says so, its token
 * is about to end, its link is about to fall silent, or the SDK does not recover from the loss of its connection.
 */
export class WatchedReceiver {
  readonly #queue: string;
  readonly #parts: Parts;
  readonly #supervisor: Supervisor;
  readonly #firstAttempt = Promise.withResolvers<void>();
  #connection: ReceiverConnection;
  /** How often the SDK has said something of its link. */
  #words = 0;
  #stopped = false;
  #cancelCheck: () => void = () => {};
  #cancelSilence: () => void = () => {};

  constructor(queue: string, parts: Parts) {
    this.#queue = queue;
    this.#parts = parts;
    this.#supervisor = new Supervisor(queue);
    this.#connection = this.#connect();
  }

  get condition(): Pick<SubscriptionHealth, 'state' | 'detail'> {
    return this.#supervisor.condition;
  }

  /** Resolves when attached or when the broker cannot be reached yet; rejects when it never could be. */
  async start(): Promise<void> {
    const first = this.#connection;
    let hasFailed = false;
    try {
      await first.waitingAtHead();
    } catch (error) {
      const failure = this.#explain(error);
      if (!failure.retryable) throw failure;
      this.#failed(failure);
      hasFailed = true;
    }
    if (this.#stopped) return;
    if (!hasFailed) first.open(this.#parts.slots.limit);
    // What was lost may still be waited for by the SDK: a new connection does not share that.
    else if (this.#connection === first) this.#replace();
    this.#planCheck();
    await this.#firstAttempt.promise;
  }

  /** To be told of each message that arrived. */
  received(link: DeliveryLink): void {
    this.#supervisor.received();
    if (link.needsReplacement && this.#connection.link === link && this.#parts.slots.limit > 0) this.#replace();
  }

  /** Follows the limit of the places, which has just changed: at 0 nothing is received. */
  async followLimit(): Promise<void> {
    const { slots, resolved } = this.#parts;
    const { limit } = slots;
    const old = this.#connection;
    await waitAtMost(closingMs, resolved.clock, old.stopReceiving());
    // The SDK cannot be given another limit, so another receiver begins, as soon as it may bring something.
    if (limit === 0) return;
    void slots.room().then(() => {
      if (!this.#stopped && slots.limit === limit && this.#connection === old) this.#replace();
    });
  }

  /** Takes no new messages, for good; what was delivered can still be settled until {@link close}. */
  async stopReceiving(): Promise<void> {
    this.#stopped = true;
    this.#cancelCheck();
    this.#cancelSilence();
    this.#firstAttempt.resolve();
    await waitAtMost(closingMs, this.#parts.resolved.clock, this.#connection.stopReceiving());
  }

  /** Closes the connection once what it delivered is settled. */
  close(): Promise<void> {
    return waitAtMost(closingMs, this.#parts.resolved.clock, this.#connection.retire());
  }

  #connect(): ReceiverConnection {
    const whenCurrent = (connection: ReceiverConnection, act: () => void): void => {
      if (connection !== this.#connection || this.#stopped) return;
      act();
    };
    const heard = (connection: ReceiverConnection, act: () => void): void => {
      whenCurrent(connection, () => {
        this.#words += 1;
        act();
      });
    };
    return new ReceiverConnection(this.#parts.source, this.#queue, this.#parts.resolved, {
      onMessage: this.#parts.onMessage,
      onAttaching: (connection) => heard(connection, () => this.#supervisor.attaching()),
      onAttached: (connection) => {
        heard(connection, () => {
          this.#supervisor.attached();
          this.#firstAttempt.resolve();
        });
      },
      onError: (error, connection) => heard(connection, () => this.#failed(this.#explain(error))),
      onDisconnected: (connection) => {
        whenCurrent(connection, () => {
          this.#supervisor.attaching();
          this.#expectWord(connection);
        });
      },
    });
  }

  #failed(error: TransportError): void {
    // The SDK would try for ever, and wait for people who know nothing of it.
    if (error.code === 'InvalidTopology') this.#firstAttempt.reject(error);
    this.#supervisor.failed(error);
    this.#parts.onError(error);
    this.#firstAttempt.resolve();
    if (error.code === 'Unauthorized' && this.#parts.slots.limit > 0 && this.#connection.isOutdated()) this.#replace();
  }

  /** Opens a new connection; the old one closes once what it delivered is settled. */
  #replace(): void {
    const old = this.#connection;
    this.#connection = this.#connect();
    this.#supervisor.replaced();
    this.#connection.open(this.#parts.slots.limit);
    old.retire().catch((error: unknown) => this.#parts.onError(this.#explain(error)));
  }

  /**
   * After a loss the SDK attaches again or reports an error, unless it was attaching just then: it waits a minute for
   * an answer that cannot come any more, and attaches nothing meanwhile.
   */
  #expectWord(connection: ReceiverConnection): void {
    const { clock, maxReconnectDelayMs } = this.#parts.resolved;
    const words = this.#words;
    this.#cancelSilence();
    this.#cancelSilence = clock.schedule(clock.now() + maxReconnectDelayMs + silenceMs, () => {
      const isSilent = this.#words === words && this.#connection === connection;
      if (isSilent && !this.#stopped && this.#parts.slots.limit > 0) this.#replace();
    });
  }

  #planCheck(): void {
    if (this.#stopped) return;
    const { clock, stallAfterMs } = this.#parts.resolved;
    this.#cancelCheck = clock.schedule(
      clock.now() + stallAfterMs,
      () => void this.#check().finally(() => this.#planCheck()),
    );
  }

  async #check(): Promise<void> {
    const { slots, resolved, onError } = this.#parts;
    if (slots.limit === 0) return;
    const checked = this.#connection;
    const facts = { now: resolved.clock.now(), untilNextCheck: resolved.stallAfterMs, hasRoom: slots.hasRoom };
    const before = this.#supervisor.condition.state;
    let verdict = this.#supervisor.check({ ...facts, replaceAt: checked.replaceAt() });
    if (verdict === 'look') verdict = await this.#look(checked);
    if (verdict !== 'replace' || this.#stopped || this.#connection !== checked) return;
    this.#replace();
    const { state, detail = '' } = this.#supervisor.condition;
    if (state === 'stalled' && before !== state) onError(new TransportError('Stalled', detail, true));
  }

  async #look(connection: ReceiverConnection): Promise<'keep' | 'replace'> {
    try {
      const waiting = await connection.waitingAtHead();
      const ours = this.#parts.inHand();
      return this.#supervisor.saw(waiting.find((place) => !ours.has(place)));
    } catch (error) {
      if (!this.#stopped && this.#connection === connection) this.#failed(this.#explain(error));
      return 'keep';
    }
  }

  #explain(error: unknown): TransportError {
    return translateError(error, `receive from queue "${this.#queue}"`);
  }
}
