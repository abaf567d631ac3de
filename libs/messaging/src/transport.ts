import type { DeadLetters } from './dead-letter/dead-letters.js';
import type { Isolate } from './delivery-state.js';
import type { Envelope } from './envelope.js';
import type { QueueInspection } from './queue-inspection.js';
import type { TransportError } from './transport-error.js';

export { TransportError, type TransportErrorCode } from './transport-error.js';

/**
 * THE SEAM between this library and a broker. A transport moves envelopes and applies settlements; it never
 * decides one. Everything above this file is broker-free, everything that names a broker is under `transports/`.
 */
export interface Transport {
  /**
   * What this broker can do beyond the interface. Asking for what is missing fails at start, never at run time:
   * whoever is going to ask calls `requireCapabilities` first.
   */
  readonly capabilities: Capabilities;

  /**
   * Hands messages to the broker. Resolves once the broker has stored all of them, rejects with a
   * {@link TransportError} otherwise; after a rejection any prefix or subset may have been stored, so the caller
   * sends again and the consumer's inbox absorbs the copies. Messages to one destination keep their order.
   */
  send(messages: readonly Outgoing[], options?: SendOptions): Promise<void>;

  /**
   * Starts delivering the messages of one queue. Calls `consume` for at most `options.concurrency` deliveries at a
   * time, keeps each one's lock alive while it runs, then applies the settlement it returned. Resolves when the
   * receiver is attached, or when the broker cannot be reached yet: a subscription outlives outages by itself and
   * {@link Subscription.health} says how it is. Rejects when the queue does not exist, may not be
   * read, or when it requires sessions and none were asked for, or the other way round (`InvalidTopology`).
   */
  subscribe(queue: string, consume: Consume, options: SubscribeOptions): Promise<Subscription>;

  /**
   * Takes back a message that waits for its time, see {@link SendOptions.onScheduled}. Resolves with whether it did: false
   * when the message was delivered or taken back before. Rejects with a {@link TransportError} when it is not known. Needs
   * the `cancelScheduled` capability, and is absent without it.
   */
  cancelScheduled?(message: ScheduledMessage): Promise<boolean>;

  /**
   * Sends messages as programs without this library do: with nothing of ours around them, not even an id. Resolves and
   * rejects as {@link send} does. Absent where messages of others cannot come in.
   */
  sendForeign?(messages: readonly ForeignMessage[]): Promise<void>;

  /**
   * Makes what is missing of the topology that the transport was given, or only looks whether it is there where this user
   * may not make anything; says which. Rejects with `InvalidTopology` that lists every difference. Absent where a topology
   * is made by other means.
   */
  applyTopology?(): Promise<'asserted' | 'checked'>;

  /** What was given up, and another try for it. Needs the `browsing` capability, and is absent without it. */
  readonly deadLetters?: DeadLetters;

  /** How full queues are. Needs the `queueCounts` capability, and is absent without it. */
  readonly inspection?: QueueInspection;

  /** Stops every subscription, waits for what is in flight, then closes the connection. Safe to call twice. */
  close(): Promise<void>;
}

export interface SendOptions {
  /**
   * Whether the transport's client may try again by itself before it rejects; true when absent. A caller that tries
   * again anyhow, such as a relay, learns sooner, and burdens a broker in trouble less, without.
   */
  readonly retry?: boolean;
  /**
   * Called for each message that now waits for its `deliverAt`, with what takes it back, before the send resolves. Not
   * called for what was delivered at once, nor by a broker without the `cancelScheduled` capability. Asking costs a round
   * trip a scheduled message on some brokers.
   */
  readonly onScheduled?: (message: Outgoing, scheduled: ScheduledMessage) => void;
}

/** A message that waits at the broker for its time. Can be stored, and used by another process. */
export interface ScheduledMessage {
  readonly to: Destination;
  /** The broker's own name for it. */
  readonly reference: string;
}

/** Optional abilities of a broker. */
export interface Capabilities {
  /** `Outgoing.deliverAt` is honoured by the broker itself. */
  readonly scheduling: boolean;
  /** How far ahead of now `Outgoing.deliverAt` may be, in milliseconds; as far as one likes when absent. */
  readonly longestDelayMs?: number;
  /** The broker drops a second message with the same native id inside a window. */
  readonly duplicateDetection: boolean;
  /** A scheduled message can be taken back by `Transport.cancelScheduled`. Absent means no. */
  readonly cancelScheduled?: boolean;
  /** `Outgoing.timeToLiveMs` is honoured. Absent means no. */
  readonly timeToLive?: boolean;
  /** `SubscribeOptions.sessions`: messages of a queue in groups, each in order and by one consumer at a time. */
  readonly sessions: boolean;
  /**
   * How `Transport.deadLetters` and `QueueInspection.peek` look: `peek` takes nothing; `requeue` takes dead letters one by
   * one and hands them back, so that others do not see them meanwhile, and cannot look at queues. Absent means neither.
   */
  readonly browsing?: 'peek' | 'requeue';
  /** `Transport.inspection` is there. Whether this process has the right to use it is seen when it does. Absent means no. */
  readonly queueCounts?: boolean;
}

/** Where a message goes: to the one consumer of a queue, or to every subscription of a topic. */
export type Destination = { readonly queue: string } | { readonly topic: string };

/** An envelope on its way to the broker. */
export interface Outgoing {
  readonly to: Destination;
  readonly envelope: Envelope;
  /** The earliest moment of delivery; needs the `scheduling` capability. Now when absent. */
  readonly deliverAt?: Date;
  /**
   * How long the message may wait to be delivered, in milliseconds, 1 or more, counted from when the broker stored it, or
   * from `deliverAt`; needs the `timeToLive` capability. After that it is dead-lettered, or dropped where the queue was
   * declared so. A delayed retry does not prolong it; a replay starts it anew. As long as the queue allows when absent.
   */
  readonly timeToLiveMs?: number;
  /**
   * How often the message was replayed before, 0 when absent. What is sent once more by hand, such as a dead letter that
   * was discarded, gets one more than it had: duplicate detection would drop it otherwise. No outbox keeps it.
   */
  readonly generation?: number;
}

/** A message as somebody else's program would send it. */
export interface ForeignMessage {
  readonly to: Destination;
  readonly body: Uint8Array;
  /** What topics route by; none when absent. */
  readonly subject?: string;
  /** None when absent. */
  readonly properties?: Readonly<Record<string, string | number>>;
}

/** One envelope handed to a consumer once. */
export interface Delivery {
  readonly envelope: Envelope;
  readonly queue: string;
  /**
   * 1 at first. Counts crashes, lost locks and delayed redeliveries alike; releases do not count, nor what cannot have begun
   * before it was isolated.
   */
  readonly attempt: number;
  /**
   * Deliveries of this round that ended without a settlement: crashes and lost locks. Releases do not count, and what
   * was tried again after a delay begins at 0. Always 0 where the broker cannot tell them from releases.
   */
  readonly unsettled: number;
  /** Of those, the ones since it was released with `isolate`; absent while it was not in this round. */
  readonly unsettledAlone?: number;
  /** Why its message was first asked to be delivered again; absent before that, and after a replay. */
  readonly firstFailure?: string;
  /** How many attempts its message has at most this time, whatever its handler's policy has; absent means no limit. */
  readonly maxAttempts?: number;
  /** Its session, where sessions were asked for. */
  readonly session?: DeliverySession;
  /** Aborted when a stop takes longer than its drain timeout, or when the lock was lost. */
  readonly signal: AbortSignal;
  /**
   * Keeps this delivery's place among `SubscribeOptions.concurrency` taken until `until` has ended, fulfilled or
   * rejected, although the delivery is settled before: its handler still runs. A stop does not wait for it. Called
   * before `consume` returns, and never rejected by the transport. A transport without it frees the place at once.
   */
  readonly occupied?: (until: Promise<unknown>) => void;
}

/** The session of a delivery, held for as long as it is handled. */
export interface DeliverySession {
  readonly id: string;
  /** What consumers keep with the session at the broker; undefined when that is nothing. */
  state(): Promise<Uint8Array | undefined>;
  /**
   * Keeps something with the session, undefined nothing more. It is no part of a transaction, outlives the session's
   * messages and counts against the broker's space; a few kilobytes at most. Rejects when the session was lost.
   */
  setState(state: Uint8Array | undefined): Promise<void>;
}

/** What becomes of a delivery. Returned by the consumer, applied by the transport, by nobody else. */
export type Settlement =
  | { readonly kind: 'complete' }
  /**
   * Handed back: no attempt is burned. With `delayMs` (more than 0) it comes again after that time, to this queue only and
   * behind what waits there. With `isolate` too what ended unsettled until now is kept apart, and
   * `Delivery.unsettledAlone` counts from then on.
   */
  | { readonly kind: 'release'; readonly delayMs?: number; readonly isolate?: Isolate }
  /**
   * Delivered again after `delayMs` (0 or more), to this queue only, one attempt later. The first `reason` of a message
   * travels with it, cut to 500 characters, until it is replayed. With sessions it stays at the head of its session, which
   * waits as well, 120,000 ms at most.
   */
  | { readonly kind: 'retry'; readonly delayMs: number; readonly reason: string }
  /**
   * Moved to the queue's dead-letter queue with its body untouched. `reason` is a stable code, `detail` is for people,
   * `consumerVersion` says who gave it up.
   */
  | {
      readonly kind: 'dead-letter';
      readonly reason: string;
      readonly detail: string;
      readonly consumerVersion?: string;
    };

/** Handles one delivery. Must not reject: a failure is a settlement too. */
export type Consume = (delivery: Delivery) => Promise<Settlement>;

/** Wraps a consume step. In a list, the first is the outermost. */
export type Middleware = (next: Consume) => Consume;

export interface SubscribeOptions {
  /** Deliveries at a time, 1 to 1,000. */
  readonly concurrency: number;
  /**
   * Takes the queue's messages session by session; for queues that require sessions, and only for those. A message's
   * session is its ordering key, or its id when it has none. Needs the `sessions` capability.
   */
  readonly sessions?: SessionOptions | undefined;
  /**
   * After how many deliveries the broker itself gives a message of this queue up, as declared where the queue was made;
   * 10 when absent. What is released that often goes on as a copy well before that.
   */
  readonly maxDeliveryCount?: number;
  /**
   * How long a lock on a message of this queue lasts, in milliseconds, 1,000 to 300,000, as declared where the queue was
   * made. When absent it is taken from what the broker says of its messages.
   */
  readonly lockDurationMs?: number;
  /** Called with everything that went wrong outside a delivery: connection losses, settlements that failed, restarts. */
  readonly onError: (error: TransportError) => void;
}

/** How a queue's sessions are taken. */
export interface SessionOptions {
  /** Sessions held at a time, 1 to 1,000, each with one delivery at a time; no more than `concurrency`. 10 when absent. */
  readonly maxConcurrentSessions?: number | undefined;
  /**
   * How long a session is held for its next message, in milliseconds, 1 to 300,000, before another one has its place; 100
   * when absent.
   */
  readonly idleTimeoutMs?: number | undefined;
}

export interface Subscription {
  readonly queue: string;
  health(): SubscriptionHealth;
  /** Deliveries that were received and whose settlement is not applied yet. */
  readonly inHand: number;
  /**
   * Sets how many deliveries there may be at a time from now on, 0 to 1,000. With 0 the subscription pauses: nothing new
   * is received, what is in flight goes on, and nothing looks for a stall. Resolves once nothing above the limit arrives
   * any more; what was on its way is released. Raising it resumes. Does nothing on a stopped subscription.
   * @throws TransportError `InvalidOptions` for any other limit
   */
  setConcurrency(limit: number): Promise<void>;
  /**
   * Takes no new deliveries; resolves when those in flight are settled. It takes no longer than `drainTimeoutMs` (30,000
   * when absent; a second at least) whatever the network does: shortly before that, at the latest when it is over, the
   * signals of the ones still running are aborted and they are released.
   */
  stop(drainTimeoutMs?: number): Promise<void>;
}

export interface SubscriptionHealth {
  /**
   * `connecting`: not attached (the broker cannot be reached); `running`; `stalled`: attached and idle while the head
   * of the queue does not move, or half of the places are occupied, so the process may as well be restarted; it stays so
   * until a message is received or the head moves; `stopped`.
   */
  readonly state: 'connecting' | 'running' | 'stalled' | 'stopped';
  /** Deliveries being handled now, those that are settled and whose handler still runs among them. */
  readonly inFlight: number;
  /**
   * Places that are kept by handlers whose delivery is settled: they ran past their time limit. Absent when there is
   * none. When they are half of the places or more, the state is `stalled`.
   */
  readonly occupied?: number;
  /** Why the state is what it is, for people; absent while running. */
  readonly detail?: string;
}
