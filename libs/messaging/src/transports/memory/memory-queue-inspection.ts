import type { Envelope } from '../../envelope.js';
import { fromNative } from '../../native-message.js';
import type { QueueCounts, QueueInspection } from '../../queue-inspection.js';
import { brokerFacts } from './broker-facts.js';
import type { MemoryBroker } from './memory-broker.js';

/** Looks into the queues of a {@link MemoryBroker}. */
export class MemoryQueueInspection implements QueueInspection {
  readonly #broker: MemoryBroker;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async counts(queue: string): Promise<QueueCounts> {
    const { size, scheduled, deadLetters } = this.#broker.queue(queue);
    return { active: size - scheduled, deadLetters: deadLetters.size, scheduled };
  }

  async peek(queue: string, limit: number): Promise<readonly Envelope[]> {
    const messages = [...this.#broker.queue(queue).stored()].sort((a, b) => a.sequence - b.sequence);
    return messages.slice(0, limit).map((message) => fromNative(message.native, brokerFacts(message, queue)).envelope);
  }
}
