import type { DeadLetters } from '../dead-letter/dead-letters.js';
import type { Transport } from '../transport.js';

/** A transport as the suite needs it: with a look into the dead-letter queues. */
export interface TestedTransport extends Transport {
  readonly deadLetters: DeadLetters;
}

/** What an adapter's own spec gives to {@link transportSuite}. */
export interface TransportHarness {
  readonly name: string;
  /**
   * Starts a broker of its own for one test, with {@link suiteTopology} and nothing in it. `incident` is what is going to
   * happen to it: one that restarts has to keep what it stores.
   */
  start(incident?: Incident): Promise<TransportEnvironment>;
  /** What its broker cannot do, and why; the suite holds it to its word. Only what is named here may be missing. */
  readonly missing?: Readonly<Partial<Record<Optional, string>>>;
  /** What can happen to its broker; what is not named here is not asked for. */
  readonly incidents: readonly Incident[];
}

/** Capabilities that a broker may lack. */
export type Optional = 'duplicateDetection' | 'cancelScheduled' | 'timeToLive' | 'sessions';

/** What happens to brokers, see {@link TransportEnvironment.interrupt} and {@link TransportEnvironment.restart}. */
export type Incident = 'connection-lost' | 'restart';

/** A message as a program sees it that knows nothing of this library. */
export interface ForeignMessage {
  readonly messageId: string;
  /** Where the broker's messages have their type, or what topics route by. */
  readonly type: string;
  readonly contentType: string;
  readonly correlationId: string;
  readonly headers: Readonly<Record<string, string | number | boolean>>;
  readonly body: Uint8Array;
}

/** A broker for one test, and the means to do to it what happens in production. */
export interface TransportEnvironment {
  /** How long a lock lasts on the suite's queues, in milliseconds. */
  readonly lockDurationMs: number;
  /** A delay that is long against everything else that a test does, in milliseconds. */
  readonly longDelayMs: number;
  /** The time, in milliseconds since 1970, by the clock that {@link advance} moves. */
  now(): number;
  /** A transport of its own, as another process would have. */
  connect(): Promise<TestedTransport>;
  /** Moves time on for broker and transports; resolves when what fell due has been done. */
  advance(ms: number): Promise<void>;
  /** The process of this transport dies: its connection is gone and nothing in flight is settled. */
  crash(transport: TestedTransport): Promise<void>;
  /**
   * What the consumers of a queue have in hand is taken from them, because its locks or its channel are lost; they go on.
   * Resolves when it has happened; they need not have noticed.
   */
  loseLocks(queue: string): Promise<void>;
  /** Every connection is lost; the broker can be reached again at once. For the incident `connection-lost`. */
  interrupt(): Promise<void>;
  /** The broker is ended and started again where it was, with what it had stored. For the incident `restart`. */
  restart(): Promise<void>;
  /** Sends to queue `work` by the broker's own client. */
  sendForeign(message: ForeignMessage): Promise<void>;
  /** Takes the next message of queue `work` by the broker's own client. */
  receiveForeign(): Promise<ForeignMessage>;
  /** Closes what was connected, then the broker. */
  close(): Promise<void>;
}

/**
 * What the broker of a suite has: two queues, one that requires sessions where the broker has them, and a topic of which `work` gets every message and `other` only those
 * of the type `other.happened`. Duplicate detection is on for both queues where the broker has it.
 */
export const suiteTopology = Object.freeze({
  queues: ['work', 'other'],
  sessionQueues: ['ordered'],
  topics: { happenings: { work: { forwardTo: 'work' }, other: { forwardTo: 'other', types: ['other.happened'] } } },
});
