import { randomUUID } from 'node:crypto';
import type { ServiceBusSessionReceiver } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../../clock.js';
import type { ClientSource, ManagedClient } from '../client-factory.js';
import { waitAtMost } from '../../wait-at-most.js';
import { asSent } from '../service-bus-message.js';

const options = { receiveMode: 'peekLock', ...asSent, maxAutoLockRenewalDurationInMs: 0 } as const;
/** How long a session or a connection may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

/**
 * One connection that accepts the sessions of a queue. Never repaired: a subscription that doubts it opens another, and
 * this one closes when its sessions were given back.
 */
export class SessionConnection {
  readonly #managed: ManagedClient;
  readonly #queue: string;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  /** Requests for a session that nobody waits for any more: the SDK cannot take them back. The next one who asks gets them. */
  readonly #unclaimed = new Set<Promise<ServiceBusSessionReceiver>>();
  #held = 0;
  #isRetired = false;
  #onAllGivenBack: () => void = () => {};

  constructor(source: ClientSource, queue: string, clock: Clock) {
    this.#managed = source.create();
    this.#queue = queue;
    this.#clock = clock;
    this.#managed.onDisconnected(() => this.#lost.abort());
  }

  /** Aborted when the connection is gone, and with it every session it held. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether its sessions are to be given back after the message in hand. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** When the token this connection was opened with has nearly ended, in milliseconds since 1970. */
  replaceAt(): number | undefined {
    return this.#managed.replaceAt();
  }

  /**
   * Rejects unless sessions of the queue can be accepted: takes one that nobody uses, which the broker answers at once. The
   * SDK calls every refusal one of a session that somebody else holds; a look at the queue tells what is wrong with that.
   */
  async probe(): Promise<void> {
    const { client } = this.#managed;
    try {
      const receiver = await client.acceptSession(this.#queue, `probe:${randomUUID()}`, options);
      // Of a connection that was lost meanwhile the SDK may wait for the answer for ever.
      await waitAtMost(closingMs, this.#clock, receiver.close());
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'SessionCannotBeLocked') throw error;
      await client.createReceiver(this.#queue, options).peekMessages(1, { fromSequenceNumber: Long.ONE });
      throw new Error(`Queue "${this.#queue}" does not require sessions.`, { cause: error });
    }
  }

  /** Waits for a session with messages; undefined when `interrupt` aborts. Rejects when the broker says that there is none. */
  async accept(interrupt: AbortSignal): Promise<ServiceBusSessionReceiver | undefined> {
    if (interrupt.aborted) return undefined;
    const [request = this.#managed.client.acceptNextSession(this.#queue, options)] = this.#unclaimed;
    this.#unclaimed.delete(request);
    const giveUp = Promise.withResolvers<undefined>();
    const stop = (): void => giveUp.resolve(undefined);
    interrupt.addEventListener('abort', stop, { once: true });
    try {
      const receiver = await Promise.race([request, giveUp.promise]);
      if (receiver === undefined) this.#leave(request);
      else this.#held += 1;
      return receiver;
    } finally {
      interrupt.removeEventListener('abort', stop);
    }
  }

  /** A session that was accepted here was given back. */
  givenBack(): void {
    this.#held -= 1;
    if (this.#held === 0) this.#onAllGivenBack();
  }

  /** Closes the connection when its sessions were given back. Rejects when it would not close. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#held > 0) await new Promise<void>((resolve) => (this.#onAllGivenBack = resolve));
    await waitAtMost(closingMs, this.#clock, this.#managed.close());
  }

  /** A session that comes now is for whoever asks; if nobody does, it goes back. */
  #leave(request: Promise<ServiceBusSessionReceiver>): void {
    this.#unclaimed.add(request);
    const giveBack = async (receiver: ServiceBusSessionReceiver): Promise<void> => {
      if (this.#unclaimed.delete(request)) await waitAtMost(closingMs, this.#clock, receiver.close());
    };
    // What fails has nothing to give back, and the next request fails alike.
    request.then(giveBack).catch(() => this.#unclaimed.delete(request));
  }
}
