import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../clock.js';
import { type SubscriptionHealth, TransportError } from '../../transport.js';
import { waitAtMost } from './wait-at-most.js';
import type { ReceiverConnection, ReceiverEvents } from './receiver-connection.js';
import type { DeliveryLink } from './delivery-link.js';
import { translateError } from './translate-error.js';

/** What a supervisor needs to know of its subscription. */
interface SupervisorOptions {
  readonly queue: string;
  readonly concurrency: number;
  readonly stallAfterMs: number;
  readonly clock: Clock;
  inFlight(): number;
  onMessage(message: ServiceBusReceivedMessage, link: DeliveryLink): Promise<void>;
  onError(error: TransportError): void;
  open(events: ReceiverEvents): ReceiverConnection;
}

type Condition = Pick<SubscriptionHealth, 'state' | 'detail'>;

/** How long a connection may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

const running: Condition = Object.freeze({ state: 'running' });

/**
 * Keeps one subscription attached, and knows whether it is. The SDK recovers from most losses by itself, but its
 * receivers have been seen to die without a word. So whenever nothing arrived for a while although there is room, the
 * head of the queue is looked at, which needs no more than the right to listen: a message that still waits there is
 * one we should have got, and the connection is replaced.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #connection: ReceiverConnection;
  #condition: Condition = { state: 'connecting', detail: 'The receiver is being attached.' };
  #lastError: TransportError | undefined;
  readonly #beingHandled = new Set<ServiceBusReceivedMessage>();
  #received = 0;
  #receivedAtLastCheck = 0;
  #waitingAtLastCheck: string | undefined;
  /** A message that a fresh receiver did not get either: another consumer holds it. */
  #lockedByOthers: string | undefined;
  #connectingChecks = 0;
  #cancelCheck: () => void = () => {};
  #stopped = false;
  readonly #firstAttempt: Promise<void>;
  #endFirstAttempt: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#connection = this.#open();
    this.#firstAttempt = new Promise((resolve) => (this.#endFirstAttempt = resolve));
  }

  get condition(): Condition {
    return this.#condition;
  }

  /** Resolves when attached or when that has to wait; rejects when the queue is missing or closed to us. */
  async start(): Promise<void> {
    try {
      await this.#connection.waitingAtHead(Long.ONE);
    } catch (error) {
      const failure = this.#explain(error);
      if (!failure.retryable) {
        await this.close();
        throw failure;
      }
      this.#noteError(failure);
      this.#endFirstAttempt();
    }
    if (this.#stopped) return;
    this.#connection.open(this.#options.concurrency);
    this.#planCheck();
    await this.#firstAttempt;
  }

  async stopReceiving(): Promise<void> {
    this.#stopped = true;
    this.#cancelCheck();
    this.#endFirstAttempt();
    await waitAtMost(closingMs, this.#options.clock, this.#connection.stopReceiving());
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#cancelCheck();
    await waitAtMost(closingMs, this.#options.clock, this.#connection.retire());
  }

  #open(): ReceiverConnection {
    const isCurrent = (connection: ReceiverConnection): boolean => connection === this.#connection;
    return this.#options.open({
      onMessage: async (message, link, connection) => {
        this.#received += 1;
        if (isCurrent(connection)) this.#condition = running;
        this.#beingHandled.add(message);
        await this.#options.onMessage(message, link);
        this.#beingHandled.delete(message);
      },
      onAttaching: (connection) => {
        if (isCurrent(connection) && this.#condition.state === 'running') {
          this.#setConnecting('The receiver is attaching again.');
        }
      },
      onAttached: (connection) => {
        if (!isCurrent(connection)) return;
        this.#condition = running;
        this.#endFirstAttempt();
      },
      onError: (error, connection) => {
        if (this.#stopped || !isCurrent(connection)) return;
        this.#noteError(this.#explain(error));
        this.#endFirstAttempt();
      },
    });
  }

  #noteError(error: TransportError): void {
    this.#lastError = error;
    this.#setConnecting(error.message);
    this.#options.onError(error);
  }

  #setConnecting(detail: string): void {
    this.#condition = { state: 'connecting', detail };
  }

  #planCheck(): void {
    if (this.#stopped) return;
    const { clock, stallAfterMs } = this.#options;
    this.#cancelCheck = clock.schedule(
      clock.now() + stallAfterMs,
      () => void this.#check().finally(() => this.#planCheck()),
    );
  }

  async #check(): Promise<void> {
    const replaceAt = this.#connection.replaceAt();
    if (replaceAt !== undefined && this.#options.clock.now() + this.#options.stallAfterMs >= replaceAt) {
      return this.#replace();
    }
    if (this.#condition.state !== 'running') {
      this.#connectingChecks += 1;
      if (this.#connectingChecks > 1) this.#replace();
      return;
    }
    this.#connectingChecks = 0;
    const progressed = this.#received !== this.#receivedAtLastCheck;
    this.#receivedAtLastCheck = this.#received;
    const hasRoom = this.#options.inFlight() < this.#options.concurrency;
    const waiting = progressed || !hasRoom ? undefined : await this.#firstWaiting();
    const unmoved = waiting !== undefined && waiting === this.#waitingAtLastCheck;
    this.#waitingAtLastCheck = waiting;
    if (this.#stopped || !unmoved || waiting === this.#lockedByOthers) return;
    this.#lockedByOthers = waiting;
    this.#replace();
    const detail = `Message ${waiting} waits at the head of "${this.#options.queue}" and is not delivered; the connection is being replaced.`;
    this.#condition = { state: 'stalled', detail };
    this.#options.onError(new TransportError('Stalled', detail, true));
  }

  async #firstWaiting(): Promise<string | undefined> {
    try {
      const waiting = await this.#connection.waitingAtHead(Long.ONE);
      const ours = new Set([...this.#beingHandled].map(({ sequenceNumber }) => String(sequenceNumber)));
      return waiting.find((place) => !ours.has(place));
    } catch (error) {
      if (!this.#stopped) this.#noteError(this.#explain(error));
      return undefined;
    }
  }

  /** Opens a new connection; the old one closes once what it delivered is settled. */
  #replace(): void {
    const old = this.#connection;
    this.#connectingChecks = 0;
    this.#connection = this.#open();
    this.#setConnecting(this.#lastError?.message ?? 'The connection is being replaced.');
    this.#connection.open(this.#options.concurrency);
    old.retire().catch((error: unknown) => this.#options.onError(this.#explain(error)));
  }

  #explain(error: unknown): TransportError {
    return translateError(error, `receive from queue "${this.#options.queue}"`);
  }
}
