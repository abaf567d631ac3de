import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../clock.js';
import { type SubscriptionHealth, TransportError } from '../../transport.js';
import { atMost } from './at-most.js';
import type { Attachment, AttachmentEvents } from './attachment.js';
import type { DeliveryLink } from './delivery-link.js';
import { translateError } from './translate-error.js';

/** What a supervisor needs to know of its subscription. */
interface Supervised {
  readonly queue: string;
  readonly concurrency: number;
  readonly stallAfterMs: number;
  readonly clock: Clock;
  inFlight(): number;
  onMessage(message: ServiceBusReceivedMessage, link: DeliveryLink): Promise<void>;
  onError(error: TransportError): void;
  open(events: AttachmentEvents): Attachment;
}

type Condition = Pick<SubscriptionHealth, 'state' | 'detail'>;

/** How long a connection may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

const running: Condition = Object.freeze({ state: 'running' });

/**
 * Keeps one subscription attached, and tells the truth about it. The SDK recovers from most losses by itself, but its
 * receivers have been seen to die without a word. So whenever nothing arrived for a while although there is room, the
 * head of the queue is looked at, which needs no more than the right to listen: a message that still waits there is
 * one we should have got, and the connection is replaced.
 */
export class Supervisor {
  readonly #of: Supervised;
  #attachment: Attachment;
  #condition: Condition = { state: 'connecting', detail: 'The receiver is being attached.' };
  #lastError: TransportError | undefined;
  readonly #held = new Set<ServiceBusReceivedMessage>();
  #received = 0;
  #receivedAtLastCheck = 0;
  #waitingAtLastCheck: string | undefined;
  /** A message that a fresh receiver did not get either: another consumer holds it. */
  #heldByOthers: string | undefined;
  #connectingChecks = 0;
  #cancelCheck: () => void = () => {};
  #stopped = false;
  readonly #firstNews: Promise<void>;
  #tellFirstNews: () => void = () => {};

  constructor(of: Supervised) {
    this.#of = of;
    this.#attachment = this.#open();
    this.#firstNews = new Promise((resolve) => (this.#tellFirstNews = resolve));
  }

  get condition(): Condition {
    return this.#condition;
  }

  /** Resolves when attached or when that has to wait; rejects when the queue is missing or closed to us. */
  async start(): Promise<void> {
    try {
      await this.#attachment.waitingAtHead(Long.ONE);
    } catch (error) {
      const failure = this.#explain(error);
      if (!failure.retryable) {
        await this.close();
        throw failure;
      }
      this.#noteError(failure);
      this.#tellFirstNews();
    }
    if (this.#stopped) return;
    this.#attachment.open(this.#of.concurrency);
    this.#planCheck();
    await this.#firstNews;
  }

  async stopReceiving(): Promise<void> {
    this.#stopped = true;
    this.#cancelCheck();
    this.#tellFirstNews();
    await atMost(closingMs, this.#of.clock, this.#attachment.stopReceiving());
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#cancelCheck();
    await atMost(closingMs, this.#of.clock, this.#attachment.retire());
  }

  #open(): Attachment {
    const isCurrent = (attachment: Attachment): boolean => attachment === this.#attachment;
    return this.#of.open({
      onMessage: async (message, link, attachment) => {
        this.#received += 1;
        if (isCurrent(attachment)) this.#condition = running;
        this.#held.add(message);
        await this.#of.onMessage(message, link);
        this.#held.delete(message);
      },
      onAttaching: (attachment) => {
        if (isCurrent(attachment) && this.#condition.state === 'running') {
          this.#lose('The receiver is attaching again.');
        }
      },
      onAttached: (attachment) => {
        if (!isCurrent(attachment)) return;
        this.#condition = running;
        this.#tellFirstNews();
      },
      onError: (error, attachment) => {
        if (this.#stopped || !isCurrent(attachment)) return;
        this.#noteError(this.#explain(error));
        this.#tellFirstNews();
      },
    });
  }

  #noteError(error: TransportError): void {
    this.#lastError = error;
    this.#lose(error.message);
    this.#of.onError(error);
  }

  #lose(detail: string): void {
    this.#condition = { state: 'connecting', detail };
  }

  #planCheck(): void {
    if (this.#stopped) return;
    const { clock, stallAfterMs } = this.#of;
    this.#cancelCheck = clock.schedule(
      clock.now() + stallAfterMs,
      () => void this.#check().finally(() => this.#planCheck()),
    );
  }

  async #check(): Promise<void> {
    const replaceAt = this.#attachment.replaceAt();
    if (replaceAt !== undefined && this.#of.clock.now() + this.#of.stallAfterMs >= replaceAt) return this.#replace();
    if (this.#condition.state !== 'running') {
      this.#connectingChecks += 1;
      if (this.#connectingChecks > 1) this.#replace();
      return;
    }
    this.#connectingChecks = 0;
    const progressed = this.#received !== this.#receivedAtLastCheck;
    this.#receivedAtLastCheck = this.#received;
    const hasRoom = this.#of.inFlight() < this.#of.concurrency;
    const waiting = progressed || !hasRoom ? undefined : await this.#firstWaiting();
    const unmoved = waiting !== undefined && waiting === this.#waitingAtLastCheck;
    this.#waitingAtLastCheck = waiting;
    if (this.#stopped || !unmoved || waiting === this.#heldByOthers) return;
    this.#heldByOthers = waiting;
    this.#replace();
    const detail = `Message ${waiting} waits at the head of "${this.#of.queue}" and is not delivered; the connection is being replaced.`;
    this.#condition = { state: 'stalled', detail };
    this.#of.onError(new TransportError('Stalled', detail, true));
  }

  async #firstWaiting(): Promise<string | undefined> {
    try {
      const waiting = await this.#attachment.waitingAtHead(Long.ONE);
      const ours = new Set([...this.#held].map(({ sequenceNumber }) => String(sequenceNumber)));
      return waiting.find((place) => !ours.has(place));
    } catch (error) {
      if (!this.#stopped) this.#noteError(this.#explain(error));
      return undefined;
    }
  }

  /** Opens a new connection; the old one closes once what it delivered is settled. */
  #replace(): void {
    const old = this.#attachment;
    this.#connectingChecks = 0;
    this.#attachment = this.#open();
    this.#lose(this.#lastError?.message ?? 'The connection is being replaced.');
    this.#attachment.open(this.#of.concurrency);
    old.retire().catch((error: unknown) => this.#of.onError(this.#explain(error)));
  }

  #explain(error: unknown): TransportError {
    return translateError(error, `receive from queue "${this.#of.queue}"`);
  }
}
