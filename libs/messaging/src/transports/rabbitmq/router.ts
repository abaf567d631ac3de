import type { Clock } from '../../clock.js';
import { type Destination, TransportError } from '../../transport.js';
import type { Connection } from './connection.js';
import { delayedRoute, queueTarget, topicTarget } from './delays.js';
import type { Sendable } from './message.js';
import type { Publishing } from './publish-batch.js';
import type { Publisher } from './publisher.js';
import type { ResolvedTopology } from './topology.js';
import { translateError } from './translate-error.js';

/** A message, where it goes, and when. */
export interface Routed {
  readonly to: Destination;
  readonly message: Sendable;
  /** How long to wait before it is delivered, in milliseconds; not at all when absent, or 0 or less. */
  readonly delayMs?: number;
}

interface Parts {
  readonly publisher: Publisher;
  /** For looking whether a topic exists. */
  readonly connection: Connection;
  readonly topology: ResolvedTopology;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
}

/** Finds the exchange and the routing key for each message. */
export class Router {
  readonly #parts: Parts;
  /** Topics beside those of the topology, that exist. */
  readonly #found = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Sends one message after `delayMs`. Rejects with a TransportError. */
  send(to: Destination, message: Sendable, delayMs = 0): Promise<void> {
    return this.sendAll([{ to, message, delayMs }], true);
  }

  /** Sends messages in the order given; with `retry`, what may not have arrived is sent again. */
  async sendAll(messages: readonly Routed[], retry: boolean): Promise<void> {
    for (const { to } of messages) if ('topic' in to && !this.#isKnown(to.topic)) await this.#findTopic(to.topic);
    await this.#parts.publisher.send(
      messages.map((message) => this.#route(message)),
      retry,
    );
  }

  #route({ to, message, delayMs = 0 }: Routed): Publishing {
    const { maxMessageBytes } = this.#parts;
    if (message.content.length > maxMessageBytes) {
      const text = `Message ${message.id} has ${message.content.length} bytes, and RabbitMQ takes ${maxMessageBytes}: send less, or a reference to the content.`;
      throw new TransportError('MessageTooLarge', text, false);
    }
    if (delayMs > 0) return { to, message, ...this.#delayed(to, message, delayMs) };
    if ('queue' in to) return { to, message, exchange: '', routingKey: to.queue };
    return { to, message, exchange: to.topic, routingKey: message.type };
  }

  #delayed(to: Destination, message: Sendable, delayMs: number): { exchange: string; routingKey: string } {
    const { queues, topics, delayLevels } = this.#parts.topology;
    if ('queue' in to ? !queues.has(to.queue) : !topics.has(to.topic)) {
      const [code, what] =
        'queue' in to ? (['QueueNotFound', `queue "${to.queue}"`] as const) : (['TopicNotFound', to.topic] as const);
      const text = `Message ${message.id} cannot be delayed: the ${what} is not in the topology.`;
      throw new TransportError(code, text, false);
    }
    const target = 'queue' in to ? queueTarget(to.queue) : topicTarget(to.topic, message.type);
    const route = delayedRoute(delayMs, target, delayLevels);
    if (route !== undefined) return route;
    const text = `Message ${message.id} cannot be delayed for ${delayMs} ms: raise longestDelayMs of the topology.`;
    throw new TransportError('InvalidMessage', text, false);
  }

  #isKnown(topic: string): boolean {
    return this.#parts.topology.topics.has(topic) || this.#found.has(topic);
  }

  /** Publishing to an exchange that does not exist would close the channel for all that is under way on it. */
  async #findTopic(topic: string): Promise<void> {
    const doing = `send to topic "${topic}"`;
    try {
      const channel = await this.#parts.connection.channel();
      await channel.checkExchange(topic);
      await channel.close();
    } catch (error) {
      throw translateError(error, doing, 'topic');
    }
    this.#found.add(topic);
  }
}
