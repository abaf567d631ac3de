import type { QueueCounts, QueueInspection } from '../../queue-inspection.js';
import type { Connection } from './connection.js';
import { deadLetterQueueOf } from './topology.js';
import { translateError } from './translate-error.js';

/** Counts by looking at a queue and its dead-letter queue, for which any user has the right. */
export class RabbitMqQueueInspection implements QueueInspection {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async counts(queue: string): Promise<QueueCounts> {
    try {
      const channel = await this.#connection.channel();
      const { messageCount: active } = await channel.checkQueue(queue);
      const { messageCount: deadLetters } = await channel.checkQueue(deadLetterQueueOf(queue));
      await channel.close();
      return { active, deadLetters };
    } catch (error) {
      throw translateError(error, `count the messages of queue "${queue}"`);
    }
  }
}
