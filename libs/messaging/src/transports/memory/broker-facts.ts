import type { StoredMessage } from './stored-message.js';

/** What the queue knows of a message beside what its sender said. */
export function brokerFacts(message: StoredMessage, queue: string): { stableId: string; enqueuedAt: Date } {
  return { stableId: `sequence:${message.sequence}@${queue}`, enqueuedAt: new Date(message.enqueuedAt) };
}
