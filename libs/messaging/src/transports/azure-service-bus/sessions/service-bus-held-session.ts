import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import type { Clock } from '../../../clock.js';
import { type Settlement, TransportError } from '../../../transport.js';
import type { HeldSession, SessionMessage, SessionState } from '../../sessions/held-session.js';
import { BrokerTime } from '../broker-time.js';
import { DeliveryLink } from '../delivery-link.js';
import type { LockDuration, LockTime } from '../lock-duration.js';
import type { LockRenewer } from '../lock-renewer.js';
import { read, type Settler } from '../settle.js';
import { translateError } from '../translate-error.js';
import { waitAtMost } from '../../wait-at-most.js';
import { readStateDocument, writeStateDocument } from './session-state-format.js';
import type { SessionConnection } from './session-connection.js';

/** How long a session that was just accepted may take to bring its first message, in milliseconds. */
const firstMessageMs = 10_000;
/** How long it may take to close, in milliseconds. */
const closingMs = 5_000;

interface ServiceBusHeldSessionOptions {
  readonly queue: string;
  readonly connection: SessionConnection;
  readonly clock: Clock;
  readonly locks: LockRenewer;
  readonly lockDuration: LockDuration;
  readonly settler: Settler;
  /** How long it is kept without a message, in milliseconds, besides the time a message takes to get here. */
  readonly idleTimeoutMs: number;
  readonly onMessage: () => void;
  readonly onError: (error: TransportError) => void;
}

/** A session that the SDK accepted: one message at a time, its lock renewed until it is closed. */
export class ServiceBusHeldSession implements HeldSession {
  readonly id: string;
  readonly #receiver: ServiceBusSessionReceiver;
  readonly #options: ServiceBusHeldSessionOptions;
  readonly #link: DeliveryLink;
  readonly #lockTime: LockTime;
  readonly #lost = new AbortController();
  readonly #stopRenewing: () => void;
  #arrived: ServiceBusReceivedMessage | undefined;
  #onArrived: () => void = () => {};
  /** Has the SDK ask for another message. */
  #askForNext: (() => void) | undefined;
  #askedAt = 0;
  /** How long the last message that was there took to arrive, in milliseconds. */
  #arrivalMs = firstMessageMs;
  #isReceiving = false;
  #isClosed = false;

  constructor(receiver: ServiceBusSessionReceiver, options: ServiceBusHeldSessionOptions) {
    const { connection, locks, lockDuration } = options;
    this.id = receiver.sessionId;
    this.#receiver = receiver;
    this.#options = options;
    this.#link = new DeliveryLink(receiver);
    this.#lockTime = lockDuration.of({ lockedUntilUtc: receiver.sessionLockedUntilUtc });
    this.#stopRenewing = locks.keep({
      ...this.#lockTime,
      renew: () => receiver.renewSessionLock(),
      isGone: (error) => translateError(error, 'renew the lock of a session').code === 'LockLost',
      onLost: () => this.#lose(),
    });
    if (connection.lost.aborted) this.#lose();
    connection.lost.addEventListener('abort', this.#lose, { once: true });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async next(interrupt: AbortSignal): Promise<SessionMessage | undefined> {
    if (this.#arrived === undefined && !interrupt.aborted && !this.#options.connection.isRetired) {
      this.#ask();
      await this.#arrival(interrupt);
    }
    const message = this.lost.aborted ? undefined : this.#arrived;
    if (message === undefined) return undefined;
    this.#arrived = undefined;
    return this.#messageOf(message);
  }

  async readState(): Promise<SessionState> {
    return readStateDocument(await this.#whileHeld(this.#receiver.getSessionState()));
  }

  async writeState(state: SessionState): Promise<void> {
    await this.#whileHeld(this.#receiver.setSessionState(writeStateDocument(state)));
  }

  async close(): Promise<void> {
    const { connection, clock } = this.#options;
    this.#isClosed = true;
    this.#stopRenewing();
    connection.lost.removeEventListener('abort', this.#lose);
    try {
      await waitAtMost(closingMs, clock, this.#receiver.close());
    } catch (error) {
      this.#options.onError(translateError(error, `give session "${this.id}" back`));
    } finally {
      this.#askForNext?.();
      connection.givenBack();
    }
  }

  #ask(): void {
    this.#askedAt = this.#options.clock.elapsed();
    this.#askForNext?.();
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    this.#receiver.subscribe(
      {
        // The SDK asks for another message when this resolves.
        processMessage: (message) => {
          this.#arrived = message;
          this.#onArrived();
          return new Promise((resolve) => (this.#askForNext = resolve));
        },
        processError: async ({ error }) => this.#fail(error),
      },
      { autoCompleteMessages: false, maxConcurrentCalls: 1 },
    );
  }

  /** Resolves when a message arrived, the session was lost, `interrupt` aborts, or it took too long. */
  async #arrival(interrupt: AbortSignal): Promise<void> {
    const { clock, idleTimeoutMs, onMessage } = this.#options;
    const woken = Promise.withResolvers<void>();
    const wake = (): void => woken.resolve();
    this.#onArrived = wake;
    const signals = [interrupt, this.lost];
    for (const signal of signals) signal.addEventListener('abort', wake, { once: true });
    const cancel = clock.schedule(clock.now() + idleTimeoutMs + this.#arrivalMs, wake);
    if (this.#arrived === undefined && !this.lost.aborted) await woken.promise;
    cancel();
    for (const signal of signals) signal.removeEventListener('abort', wake);
    if (this.#arrived === undefined) return;
    this.#arrivalMs = Math.min(firstMessageMs, this.#arrivalMs, clock.elapsed() - this.#askedAt);
    onMessage();
  }

  #messageOf(message: ServiceBusReceivedMessage): SessionMessage {
    const { queue, clock, settler } = this.#options;
    const brokerTime = new BrokerTime(message, this.#lockTime.durationMs, clock);
    const received = read(message, { link: this.#link, brokerTime, queue, inSession: true });
    const settle = (settlement: Settlement): Promise<void> => settler.settle(settlement, received);
    return {
      envelope: received.envelope,
      state: received.state,
      deliveryCount: message.deliveryCount ?? 0,
      sequence: String(message.sequenceNumber ?? 0),
      complete: () => settle({ kind: 'complete' }),
      deadLetter: (death) => settle({ kind: 'dead-letter', ...death }),
    };
  }

  /** The end of the link is the end of the session; the SDK reports its own part in that too. */
  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#options.onError(translateError(error, `receive from session "${this.id}"`));
    this.#lose();
  }

  readonly #lose = (): void => {
    this.#link.lose();
    this.#lost.abort();
  };

  /** Once the session is lost the SDK may wait for an answer that never comes. */
  #whileHeld<T>(answer: Promise<T>): Promise<T> {
    const lost = Promise.withResolvers<never>();
    const stop = (): void => lost.reject(new TransportError('LockLost', `Session "${this.id}" was lost.`, false));
    if (this.lost.aborted) stop();
    this.lost.addEventListener('abort', stop, { once: true });
    return Promise.race([answer, lost.promise]).finally(() => this.lost.removeEventListener('abort', stop));
  }
}
