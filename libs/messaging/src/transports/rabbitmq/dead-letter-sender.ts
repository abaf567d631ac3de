import type { ConsumeMessage } from 'amqplib';
import type { Clock } from '../../clock.js';
import type { Death } from '../../delivery-state.js';
import type { Envelope } from '../../envelope.js';
import type { Connection } from './connection.js';
import { deadLetterOf } from './message.js';
import type { Router } from './router.js';
import { deadLetterNotices, deadLetterQueueOf, type ResolvedTopology } from './topology.js';
import { translateError } from './translate-error.js';

/** For how long a dead-letter queue that was there is taken to be there, in milliseconds. */
const seenForMs = 1_000;

interface Parts {
  readonly router: Router;
  /** For looking whether a dead-letter queue exists. */
  readonly connection: Connection;
  readonly topology: Pick<ResolvedTopology, 'deadLetterNotices'>;
  readonly clock: Clock;
}

interface Seen {
  readonly until: number;
  readonly look: Promise<void>;
}

/**
 * Sends dead letters to their queues, and to whoever watches for them: one publish that the broker routes to both, so that
 * neither of them can be left out when the process dies.
 */
export class DeadLetterSender {
  readonly #parts: Parts;
  /** By queue: of those that are consumed here. */
  readonly #seen = new Map<string, Seen>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the broker has stored it. Rejects with a TransportError. A notice is tried once: with `isRepeated` the
   * letter goes alone, since the queue of notices may be what could not take it.
   */
  async send(
    queue: string,
    { message, envelope }: { readonly message: ConsumeMessage; readonly envelope: Envelope },
    death: Death & { readonly place: string },
    isRepeated: boolean,
  ): Promise<void> {
    const { router, topology } = this.#parts;
    const to = { queue: deadLetterQueueOf(queue) };
    if (isRepeated || !topology.deadLetterNotices) return router.send(to, deadLetterOf(message, envelope, death));
    await this.#see(to.queue);
    await router.send(to, deadLetterOf(message, envelope, death, deadLetterNotices));
  }

  /**
   * The broker gives back what no queue takes, and the notice is one. So without this a letter whose own queue was removed
   * would be stored as a notice only, and dropped.
   */
  #see(name: string): Promise<void> {
    const now = this.#parts.clock.now();
    const last = this.#seen.get(name);
    if (last !== undefined && now < last.until) return last.look;
    const seen = { until: now + seenForMs, look: this.#look(name) };
    this.#seen.set(name, seen);
    seen.look.catch(() => {
      if (this.#seen.get(name) === seen) this.#seen.delete(name);
    });
    return seen.look;
  }

  async #look(name: string): Promise<void> {
    try {
      const channel = await this.#parts.connection.channel();
      await channel.checkQueue(name);
      await channel.close();
    } catch (error) {
      throw translateError(error, `send to queue "${name}"`);
    }
  }
}
