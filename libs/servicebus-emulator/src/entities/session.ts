import type { QueuedMessage } from './queued-message.js';
import { SequenceMap } from './sequence-map.js';
import type { Timer } from './timer-queue.js';

/** The receiver that holds a session. */
export interface SessionHolder {
  /** Whose receiver it is: nobody else may touch the session. */
  readonly client: object;
  /** The session has a message for you. Called within the change that brought it: come back later. */
  ready(): void;
  /** The lock expired: what you hold is no longer yours. */
  lost(): void;
}

interface SessionLock {
  readonly holder: SessionHolder;
  /** Ms since 1970. */
  until: number;
}

interface SessionOwner {
  lockExpired(session: Session, now: number): void;
  sessionReady(session: Session): void;
}

/** The messages of one session id, their state, and who holds them. */
export class Session implements Timer {
  readonly id: string;
  readonly all = new SequenceMap<QueuedMessage>();
  readonly ready = new SequenceMap<QueuedMessage>();
  /** Handed out and not settled. */
  readonly unsettled = new Set<QueuedMessage>();
  lock: SessionLock | undefined;
  state: Buffer | undefined;
  /** When the state was last set, ms since 1970. */
  stateSetAt = 0;
  /** Its place among the sessions that can be accepted; 0 when it cannot. */
  ticket = 0;
  dueAt = 0;
  heapIndex = -1;
  readonly #owner: SessionOwner;

  constructor(owner: SessionOwner, id: string) {
    this.#owner = owner;
    this.id = id;
  }

  /** Nothing keeps this session in memory. */
  get empty(): boolean {
    return this.all.size === 0 && this.state === undefined && this.lock === undefined;
  }

  isHeld(now: number): boolean {
    return this.lock !== undefined && this.lock.until > now;
  }

  isHeldBy(client: object, now: number): boolean {
    return this.isHeld(now) && this.lock?.holder.client === client;
  }

  wake(): void {
    this.#owner.sessionReady(this);
  }

  fire(now: number): void {
    this.#owner.lockExpired(this, now);
  }
}
