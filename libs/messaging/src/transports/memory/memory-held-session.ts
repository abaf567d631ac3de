import { fromNative } from '../../native-message.js';
import { TransportError } from '../../transport.js';
import type { HeldSession, SessionMessage, SessionState } from '../sessions/held-session.js';
import { brokerFacts } from './broker-facts.js';
import type { MemoryBroker } from './memory-broker.js';
import type { Lock } from './stored-message.js';
import type { MemorySessions, SessionHold } from './memory-sessions.js';

interface MemoryHeldSessionOptions {
  /** How long {@link MemoryHeldSession.next} waits, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly onClosed: () => void;
}

/** A session of a memory broker, held and kept by one subscription. */
export class MemoryHeldSession implements HeldSession {
  readonly id: string;
  readonly #broker: MemoryBroker;
  readonly #queue: string;
  readonly #sessions: MemorySessions;
  readonly #hold: SessionHold;
  readonly #options: MemoryHeldSessionOptions;
  readonly #lost = new AbortController();
  #cancelRenewal: () => void = () => {};
  /** The process died: nothing is applied any more. */
  #isDead = false;

  constructor(broker: MemoryBroker, queue: string, hold: SessionHold, options: MemoryHeldSessionOptions) {
    this.id = hold.id;
    this.#broker = broker;
    this.#queue = queue;
    this.#sessions = broker.sessionsOf(queue);
    this.#hold = hold;
    this.#options = options;
    this.#planRenewal();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async next(interrupt: AbortSignal): Promise<SessionMessage | undefined> {
    const idleUntil = this.#broker.clock.now() + this.#options.idleTimeoutMs;
    for (;;) {
      if (this.#isDead || this.lost.aborted) return undefined;
      const lock = this.#sessions.take(this.#hold);
      if (lock !== undefined) return this.#messageOf(lock);
      if (interrupt.aborted || this.#broker.clock.now() >= idleUntil) return undefined;
      await this.#broker.change(this.#queue, AbortSignal.any([interrupt, this.lost]), idleUntil);
    }
  }

  async readState(): Promise<SessionState> {
    this.#check();
    return this.#sessions.states.get(this.id) ?? {};
  }

  async writeState(state: SessionState): Promise<void> {
    this.#check();
    if (state.record === undefined && state.own === undefined) this.#sessions.states.delete(this.id);
    else this.#sessions.states.set(this.id, state);
  }

  async close(): Promise<void> {
    this.#cancelRenewal();
    this.#options.onClosed();
    if (this.#isDead) return;
    this.#sessions.release(this.#hold);
    this.#broker.notify(this.#queue);
  }

  /** What a crash of this process would do: the session's lock runs out. */
  disconnect(): void {
    this.#isDead = true;
    this.#cancelRenewal();
    this.#lost.abort();
  }

  #messageOf(lock: Lock): SessionMessage {
    const { message } = lock;
    const queue = this.#broker.queue(this.#queue);
    return {
      ...fromNative(message.native, brokerFacts(message, this.#queue)),
      deliveryCount: message.deliveryCount,
      sequence: String(message.sequence),
      complete: async () => this.#settle(lock, () => queue.complete(lock)),
      deadLetter: async (death) => this.#settle(lock, () => queue.deadLetter(lock, death)),
    };
  }

  #settle(lock: Lock, apply: () => boolean): void {
    this.#check();
    if (!apply()) throw lockLost(this.id);
    this.#hold.locks.delete(lock);
  }

  #check(): void {
    if (this.#isDead || !this.#sessions.isHeld(this.#hold)) throw lockLost(this.id);
  }

  #planRenewal(): void {
    const { clock, lockDurationMs } = this.#broker;
    this.#cancelRenewal = clock.schedule(clock.now() + lockDurationMs / 2, () => {
      if (this.#sessions.renew(this.#hold, clock.now())) this.#planRenewal();
      else this.#lost.abort();
    });
  }
}

function lockLost(id: string): TransportError {
  return new TransportError('LockLost', `The lock on session "${id}" was lost.`, false);
}
