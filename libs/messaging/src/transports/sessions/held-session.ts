import type { Envelope } from '../../envelope.js';
import type { Death, DeliveryState } from '../../delivery-state.js';
import type { SessionRecord } from './session-record.js';

/** A message of a held session. Its session's lock is its lock. */
export interface SessionMessage {
  readonly envelope: Envelope;
  readonly state: DeliveryState;
  /** Deliveries before this one that the broker counted. */
  readonly deliveryCount: number;
  /** Its place in the queue, the same for every delivery. */
  readonly sequence: string;
  /** Rejects when the broker refused it, mostly because the lock was lost. */
  complete(): Promise<void>;
  /** Rejects like {@link complete}. */
  deadLetter(death: Death): Promise<void>;
}

/** What is kept with a session at the broker. */
export interface SessionState {
  /** What this library has to know of the message at the session's head. */
  readonly record?: SessionRecord;
  /** What the consumer keeps with its session. */
  readonly own?: Uint8Array;
}

/** A session that this process holds: its messages come one at a time, in their order, and to nobody else. */
export interface HeldSession {
  readonly id: string;
  /** Aborted when the session's lock was lost: somebody else may hold it. */
  readonly lost: AbortSignal;
  /**
   * The next message, once the last one is settled. Undefined when none came for the idle timeout, when the session was
   * lost, or when `interrupt` aborts.
   */
  next(interrupt: AbortSignal): Promise<SessionMessage | undefined>;
  readState(): Promise<SessionState>;
  /** Replaces what is kept; an empty one is removed. */
  writeState(state: SessionState): Promise<void>;
  /** Lets go of the session: what is not settled is available again. Never rejects. */
  close(): Promise<void>;
}

/** Where held sessions come from. */
export interface SessionSource {
  /**
   * A session that has messages and that nobody holds. Undefined when there was none for a while or `interrupt` aborts:
   * ask again if you still want one. Never rejects.
   */
  accept(interrupt: AbortSignal): Promise<HeldSession | undefined>;
}
