import { randomUUID } from 'node:crypto';
import type { ServiceBusSessionReceiver } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../../clock.js';
import type { ClientSource, ManagedClient } from '../client-factory.js';
import { connectionLost } from '../connection-lost.js';
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
    this.#managed.onDisconnected((cause) => this.#lost.abort(connectionLost(cause)));
  }

  /**
   * Aborted when the connection is gone, and with it every session it held; its reason says why. The SDK goes on with
   * another one, which is not watched: sessions are accepted here no more.
   */
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
      const receiver = await this.#unlessLost(client.acceptSession(this.#queue, `probe:${randomUUID()}`, options));
      // Of a connection that was lost meanwhile the SDK may wait for the answer for ever.
      await waitAtMost(closingMs, this.#clock, receiver.close());
      this.lost.throwIfAborted();
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'SessionCannotBeLocked') throw error;
      const head = client.createReceiver(this.#queue, options).peekMessages(1, { fromSequenceNumber: Long.ONE });
      await this.#unlessLost(head);
      throw new Error(`Queue "${this.#queue}" does not require sessions.`, { cause: error });
    }
  }

  /**
   * Waits for a session with messages; undefined when `interrupt` aborts. Rejects when the broker says that there is none,
   * and when the connection is lost.
   */
  async accept(interrupt: AbortSignal): Promise<ServiceBusSessionReceiver | undefined> {
    if (interrupt.aborted) return undefined;
    this.lost.throwIfAborted();
    const [request = this.#managed.client.acceptNextSession(this.#queue, options)] = this.#unclaimed;
    this.#unclaimed.delete(request);
    const giveUp = Promise.withResolvers<undefined>();
    const stop = (): void => giveUp.resolve(undefined);
    interrupt.addEventListener('abort', stop, { once: true });
    try {
      const receiver = await this.#unlessLost(Promise.race([request, giveUp.promise]));
      if (receiver === undefined) this.#leave(request);
      else this.#held += 1;
      return receiver;
    } catch (error) {
      if (this.lost.aborted) this.#leave(request);
      throw error;
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

  /** Rejects as soon as the connection is lost: the SDK may wait a minute for an answer that cannot come. */
  #unlessLost<T>(answer: Promise<T>): Promise<T> {
    const loss = Promise.withResolvers<never>();
    const fail = (): void => loss.reject(this.lost.reason);
    if (this.lost.aborted) fail();
    this.lost.addEventListener('abort', fail, { once: true });
    return Promise.race([answer, loss.promise]).finally(() => this.lost.removeEventListener('abort', fail));
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
