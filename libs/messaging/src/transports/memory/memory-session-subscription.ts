import type { Consume, Subscription, SubscriptionHealth } from '../../transport.js';
import { checkLimit } from '../check-concurrency.js';
import { defaultDrainTimeoutMs } from '../in-flight.js';
import type { HeldSession } from '../sessions/held-session.js';
import { resolveSessionOptions, sessionLimit } from '../sessions/session-options.js';
import { SessionProcessor } from '../sessions/session-processor.js';
import type { ResolvedSubscribeOptions } from '../subscribe-options.js';
import type { MemoryBroker } from './memory-broker.js';
import { MemoryHeldSession } from './memory-held-session.js';

/** Delivers the messages of one queue's sessions to one consumer. */
export class MemorySessionSubscription implements Subscription {
  readonly queue: string;
  readonly #broker: MemoryBroker;
  readonly #processor: SessionProcessor;
  readonly #limit: number;
  readonly #idleTimeoutMs: number;
  readonly #held = new Set<MemoryHeldSession>();
  readonly #onStopped: () => void;
  #ended: 'stopped' | 'disconnected' | undefined;

  constructor(
    broker: MemoryBroker,
    queue: string,
    consume: Consume,
    options: ResolvedSubscribeOptions,
    onStopped: () => void,
  ) {
    this.queue = queue;
    this.#broker = broker;
    this.#onStopped = onStopped;
    this.#limit = sessionLimit(queue, options);
    this.#idleTimeoutMs = resolveSessionOptions(queue, options.sessions ?? {}).idleTimeoutMs;
    this.#processor = new SessionProcessor({
      queue,
      consume,
      source: { accept: (interrupt) => this.#accept(interrupt) },
      clock: broker.clock,
      onError: (error) => {
        if (this.#ended !== 'disconnected') options.onError(error);
      },
    });
    this.#processor.setLimit(this.#limit);
  }

  health(): SubscriptionHealth {
    const { inFlight, occupied } = this.#processor;
    const taken = inFlight.size + occupied.count;
    if (this.#ended !== undefined) {
      const detail = this.#ended === 'stopped' ? 'The subscription was stopped.' : 'The transport was disconnected.';
      return { state: 'stopped', inFlight: taken, detail };
    }
    return occupied.judge({ state: 'running', inFlight: taken }, this.#limit);
  }

  get inHand(): number {
    return this.#processor.inFlight.size;
  }

  async setConcurrency(limit: number): Promise<void> {
    checkLimit(this.queue, limit);
    if (this.#ended === undefined) this.#processor.setLimit(limit);
  }

  async stop(drainTimeoutMs = defaultDrainTimeoutMs): Promise<void> {
    const wasDisconnected = this.#ended === 'disconnected';
    this.#ended ??= 'stopped';
    if (!wasDisconnected) await this.#processor.drain(drainTimeoutMs);
    this.#onStopped();
  }

  /** What a crash of this process would do: nothing in flight is settled, the locks of its sessions run out. */
  disconnect(): void {
    this.#ended = 'disconnected';
    for (const session of this.#held) session.disconnect();
    this.#processor.setLimit(0);
  }

  async #accept(interrupt: AbortSignal): Promise<HeldSession | undefined> {
    const hold = this.#ended === 'disconnected' ? undefined : this.#broker.acceptSession(this.queue);
    if (hold === undefined) {
      await this.#broker.change(this.queue, interrupt);
      return undefined;
    }
    const session: MemoryHeldSession = new MemoryHeldSession(this.#broker, this.queue, hold, {
      idleTimeoutMs: this.#idleTimeoutMs,
      onClosed: () => this.#held.delete(session),
    });
    this.#held.add(session);
    return session;
  }
}
