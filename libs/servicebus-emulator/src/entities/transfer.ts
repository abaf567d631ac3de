import type { SingleEvent } from './events.js';
import type { MessageQueue } from './message-queue.js';
import type { QueuedMessage } from './queued-message.js';

interface Placement {
  readonly queue: MessageQueue;
  readonly message: QueuedMessage;
}

/**
 * What becomes of one send: the messages it puts where, decided and remembered but not visible yet. Once it is safe on
 * disk it is committed, and if that fails it is taken back, as if it had never been sent.
 */
export class Transfer {
  #placements: readonly Placement[] = NONE;
  #events: readonly SingleEvent[] = NONE;
  #undo: readonly (() => void)[] = NONE;

  get events(): readonly SingleEvent[] {
    return this.#events;
  }

  place(queue: MessageQueue, message: QueuedMessage): void {
    this.#placements = append(this.#placements, { queue, message });
    this.#events = append(this.#events, { type: 'enqueued', path: queue.path, message });
  }

  /** Something else to remember. @param undo what to do when the transfer is taken back */
  note(event: SingleEvent, undo?: () => void): void {
    this.#events = append(this.#events, event);
    if (undo) this.#undo = append(this.#undo, undo);
  }

  /** Something else to remember, before all the rest. */
  noteFirst(event: SingleEvent): void {
    this.#events = [event, ...this.#events];
  }

  /** Lets the messages be seen. */
  commit(now: number): void {
    for (const { queue, message } of this.#placements) queue.publish(message, now);
  }

  retract(): void {
    for (const undo of this.#undo) undo();
  }

  /** What to remember when it is taken back although it was remembered. */
  get retraction(): readonly SingleEvent[] {
    return this.#events.flatMap((event): SingleEvent[] => {
      const { type } = event;
      if (type === 'enqueued') {
        return [{ type: 'removed', path: event.path, sequenceNumber: event.message.sequenceNumber }];
      }
      return type === 'message-id-seen' ? [{ type: 'message-id-forgotten', path: event.path, key: event.key }] : [];
    });
  }
}

const NONE: readonly never[] = [];

/** Most transfers place one message: a literal has room for one, an empty array grows to seventeen at once. */
function append<T>(items: readonly T[], item: T): readonly T[] {
  if (items.length === 0) return [item];
  (items as T[]).push(item);
  return items;
}
