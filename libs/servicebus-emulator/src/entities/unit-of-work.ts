import type { SingleEvent } from './events.js';
import type { Place } from './linked-list.js';
import type { MessageQueue } from './message-queue.js';
import type { QueuedMessage } from './queued-message.js';

interface Placement {
  readonly queue: MessageQueue;
  readonly message: QueuedMessage;
}

/**
 * The effects of one send or move: the messages it adds to queues and the events that say so, decided but not visible
 * yet. Once its events are durable it is committed; if that fails it is rolled back, as if it had never been sent.
 */
export class UnitOfWork {
  /** Its place among the sends that are not committed. Only those set it. */
  uncommittedAt: Place<UnitOfWork> | undefined = undefined;
  #placements: readonly Placement[] = NONE;
  #events: readonly SingleEvent[] = NONE;
  #undo: readonly (() => void)[] = NONE;

  get events(): readonly SingleEvent[] {
    return this.#events;
  }

  /** Adds a message to a queue. */
  enqueue(queue: MessageQueue, message: QueuedMessage): void {
    this.#placements = append(this.#placements, { queue, message });
    this.#events = append(this.#events, { type: 'enqueued', path: queue.path, message });
  }

  /** Adds another event. @param undo what a roll-back has to do */
  record(event: SingleEvent, undo?: () => void): void {
    this.#events = append(this.#events, event);
    if (undo) this.#undo = append(this.#undo, undo);
  }

  /** Adds an event before all others. */
  recordFirst(event: SingleEvent): void {
    this.#events = [event, ...this.#events];
  }

  /** Makes the messages visible. */
  commit(now: number): void {
    for (const { queue, message } of this.#placements) queue.publish(message, now);
  }

  /** Undoes what is not a message: those were never visible. */
  rollBack(): void {
    for (const undo of this.#undo) undo();
  }

  /** Events that undo {@link events} where those were recorded already. */
  get compensation(): readonly SingleEvent[] {
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

/** Most units place one message: a literal has room for one, an empty array grows to seventeen at once. */
function append<T>(items: readonly T[], item: T): readonly T[] {
  if (items.length === 0) return [item];
  (items as T[]).push(item);
  return items;
}
