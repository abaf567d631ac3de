import type { Clock } from '../../clock.js';
import { rangeProblems, withDefaults } from '../../resolve-options.js';
import { systemClock } from '../../system-clock.js';
import { type Destination, TransportError } from '../../transport.js';
import type { NativeMessage } from '../../native-message.js';
import { MemoryQueue } from './memory-queue.js';
import type { Lock } from './stored-message.js';
import type { MemorySessions, SessionHold } from './memory-sessions.js';

/** The queues there are, and the topics whose subscriptions forward into them. */
export interface MemoryTopology {
  readonly queues: readonly string[];
  /** Queues besides those whose messages are received by session only; none when absent. */
  readonly sessionQueues?: readonly string[];
  readonly topics?: Readonly<Record<string, Readonly<Record<string, MemoryTopicSubscription>>>>;
}

export interface MemoryTopicSubscription {
  /** The queue that gets a copy of each message. */
  readonly forwardTo: string;
  /** The message types it wants; all when absent. */
  readonly types?: readonly string[];
}

export interface MemoryBrokerOptions {
  readonly topology: MemoryTopology;
  /** The machine's clock when absent. */
  readonly clock?: Clock;
  /** Messages a queue holds, dead letters not counted, before sends to it are refused; 10,000 when absent. */
  readonly maxMessages?: number;
  /** How long a consumer may go without renewing its lock, in milliseconds; 60,000 when absent. */
  readonly lockDurationMs?: number;
  /** Deliveries that may end unsettled before the message is dead-lettered; 10 when absent. */
  readonly maxDeliveryCount?: number;
  /** How long a native id is remembered, in milliseconds; 3,600,000 when absent. */
  readonly duplicateDetectionWindowMs?: number;
}

/** What a queue does later. */
interface Timer {
  readonly queue: string;
  /** What takes a scheduled message back. */
  readonly reference?: string;
  readonly cancel: () => void;
}

/**
 * Queues and topics in this process's memory, with the delivery rules of Azure Service Bus. Several transports may
 * share one broker, as several processes share a real one.
 */
export class MemoryBroker {
  readonly clock: Clock;
  readonly lockDurationMs: number;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #topics: ReadonlyMap<string, Readonly<Record<string, MemoryTopicSubscription>>>;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #scheduled = new Map<NativeMessage, Timer>();
  #lastReference = 0;
  readonly #lockTimers = new Map<string, Timer>();

  constructor(options: MemoryBrokerOptions) {
    const { clock, topology, ...limits } = resolveOptions(options);
    this.clock = clock;
    this.lockDurationMs = limits.lockDurationMs;
    for (const queue of topology.queues) this.#queues.set(queue, new MemoryQueue(limits));
    for (const queue of topology.sessionQueues ?? []) this.#queues.set(queue, new MemoryQueue(limits, true));
    const topics = Object.entries(topology.topics ?? {});
    checkForwards(topics, this.#queues);
    this.#topics = new Map(topics);
  }

  /** The queue of that name; throws a {@link TransportError} when there is none. */
  queue(name: string): MemoryQueue {
    const queue = this.#queues.get(name);
    if (queue !== undefined) return queue;
    const known = [...this.#queues.keys()].join(', ');
    throw new TransportError('QueueNotFound', `There is no queue "${name}"; the topology has: ${known}.`, false);
  }

  /** The queue a subscription forwards to; throws a {@link TransportError} when there is no such subscription. */
  forwardOf({ topic, subscription }: { readonly topic: string; readonly subscription: string }): string {
    const found = this.#subscriptions(topic)[subscription];
    if (found !== undefined) return found.forwardTo;
    throw new TransportError('QueueNotFound', `The topic "${topic}" has no subscription "${subscription}".`, false);
  }

  /**
   * Stores a message at once, or at `at` (milliseconds since 1970) when that is still to come. Answers what takes it back
   * while it waits for that; undefined when it does not.
   */
  store(to: Destination, native: NativeMessage, at?: number): string | undefined {
    const reference = String(++this.#lastReference);
    let waits = false;
    for (const name of this.#targets(to, native.subject)) waits = this.#storeIn(name, native, at, reference) || waits;
    return waits ? reference : undefined;
  }

  /** Takes back what waits for its time; whether there was anything. */
  cancelScheduled(reference: string): boolean {
    const found = [...this.#scheduled].filter(([, timer]) => timer.reference === reference);
    for (const [native, { queue, cancel }] of found) {
      cancel();
      this.#scheduled.delete(native);
      this.queue(queue).unschedule(native);
    }
    return found.length > 0;
  }

  /** Locks the first free message of a queue; the lock runs out by itself unless it is renewed. */
  take(name: string): Lock | undefined {
    const lock = this.queue(name).take(this.clock.now());
    if (lock !== undefined) this.#watchLocks(name);
    return lock;
  }

  /** The sessions of a queue that requires them; throws a {@link TransportError} when it does not. */
  sessionsOf(name: string): MemorySessions {
    const { sessions } = this.queue(name);
    if (sessions !== undefined) return sessions;
    throw new TransportError('InvalidTopology', noSessions(name), false);
  }

  /** Holds the first session of a queue that has messages and that nobody holds; its lock runs out unless it is renewed. */
  acceptSession(name: string): SessionHold | undefined {
    const hold = this.sessionsOf(name).accept(this.clock.now());
    if (hold !== undefined) this.#watchLocks(name);
    return hold;
  }

  /** Resolves when a message of the queue may have become free, when `signal` aborts, or at `until` at the latest. */
  async change(name: string, signal: AbortSignal, until = Infinity): Promise<void> {
    if (signal.aborted) return;
    const changed = Promise.withResolvers<void>();
    const wake = (): void => changed.resolve();
    const stopListening = this.listen(name, wake);
    const cancel = until === Infinity ? () => {} : this.clock.schedule(until, wake);
    signal.addEventListener('abort', wake, { once: true });
    await changed.promise;
    signal.removeEventListener('abort', wake);
    cancel();
    stopListening();
  }

  /** Calls `listener` whenever a message of the queue may have become free, until the returned function is called. */
  listen(name: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Wakes the consumers of a queue: a message may have become free. The first one goes last next time. */
  notify(name: string): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    const [first] = listeners;
    if (first !== undefined && listeners.size > 1) {
      listeners.delete(first);
      listeners.add(first);
    }
    for (const listener of listeners) queueMicrotask(listener);
  }

  /** Stops time for what is scheduled or locked, so that no timer keeps the process alive. */
  close(): void {
    for (const timers of [this.#scheduled, this.#lockTimers]) {
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
    }
  }

  #targets(to: Destination, type: string): readonly string[] {
    if ('queue' in to) return [to.queue];
    const subscriptions = Object.values(this.#subscriptions(to.topic));
    return subscriptions.filter(({ types }) => types?.includes(type) ?? true).map(({ forwardTo }) => forwardTo);
  }

  #subscriptions(topic: string): Readonly<Record<string, MemoryTopicSubscription>> {
    const subscriptions = this.#topics.get(topic);
    if (subscriptions !== undefined) return subscriptions;
    const known = [...this.#topics.keys()].join(', ');
    throw new TransportError('TopicNotFound', `There is no topic "${topic}"; the topology has: ${known}.`, false);
  }

  /** Whether it waits for its time. */
  #storeIn(name: string, native: NativeMessage, at: number | undefined, reference: string): boolean {
    const queue = this.queue(name);
    const now = this.clock.now();
    if (queue.isFull) {
      const message = `The queue "${name}" holds its maximum of ${queue.size} messages: consume them, or raise maxMessages.`;
      throw new TransportError('QueueFull', message, true);
    }
    if (queue.isDuplicate(native.messageId, now)) return false;
    if (at === undefined || at <= now) {
      queue.add(native, now);
      this.notify(name);
      return false;
    }
    const copy = { ...native };
    queue.schedule(copy);
    const activate = (): void => {
      this.#scheduled.delete(copy);
      queue.activate(copy, this.clock.now());
      this.notify(name);
    };
    this.#scheduled.set(copy, { queue: name, reference, cancel: this.clock.schedule(at, activate) });
    return true;
  }

  /** One timer a queue, for the lock that runs out first. */
  #watchLocks(name: string): void {
    const earliest = this.queue(name).earliestExpiry();
    if (earliest === undefined || this.#lockTimers.has(name)) return;
    const sweep = (): void => {
      this.#lockTimers.delete(name);
      if (this.queue(name).expireLocks(this.clock.now())) this.notify(name);
      this.#watchLocks(name);
    };
    this.#lockTimers.set(name, { queue: name, cancel: this.clock.schedule(earliest, sweep) });
  }
}

function noSessions(queue: string): string {
  return `The queue "${queue}" has no sessions: list it under sessionQueues of the topology, or receive without sessions.`;
}

/**
 * Fills in the defaults and checks the ranges.
 * @throws TransportError `InvalidOptions` that lists every value out of range
 */
function resolveOptions(options: MemoryBrokerOptions): Required<MemoryBrokerOptions> {
  const resolved = withDefaults(options, {
    clock: systemClock,
    maxMessages: 10_000,
    lockDurationMs: 60_000,
    maxDeliveryCount: 10,
    duplicateDetectionWindowMs: 3_600_000,
  });
  const problems = rangeProblems(resolved, {
    maxMessages: { min: 1, whole: true },
    lockDurationMs: { min: 1 },
    maxDeliveryCount: { min: 1, whole: true },
    duplicateDetectionWindowMs: { min: 0 },
  });
  if (problems.length === 0) return resolved;
  throw new TransportError('InvalidOptions', `Invalid options of a memory broker: ${problems.join('; ')}.`, false);
}

function checkForwards(
  topics: readonly (readonly [string, Readonly<Record<string, MemoryTopicSubscription>>])[],
  queues: ReadonlyMap<string, MemoryQueue>,
): void {
  const dangling = topics.flatMap(([topic, subscriptions]) =>
    Object.entries(subscriptions)
      .filter(([, { forwardTo }]) => !queues.has(forwardTo))
      .map(([name, { forwardTo }]) => `${topic}/${name} forwards to "${forwardTo}"`),
  );
  if (dangling.length === 0) return;
  throw new TransportError('InvalidTopology', `These queues do not exist: ${dangling.join('; ')}.`, false);
}
