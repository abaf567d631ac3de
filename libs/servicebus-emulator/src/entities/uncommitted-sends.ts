import type { IncomingMessage } from '../codec/read-message.js';
import type { QueueEntity, TopicEntity } from './entity.js';
import type { SingleEvent } from './events.js';
import type { Recording } from './recording.js';
import { LinkedList } from './linked-list.js';
import type { Router } from './router.js';
import type { UnitOfWork } from './unit-of-work.js';

/** What was sent and recorded, and is not visible to receivers before it is durable. */
export class UncommittedSends {
  readonly #router: Router;
  readonly #recording: Recording;
  readonly #units = new LinkedList<UnitOfWork>();

  constructor(router: Router, recording: Recording) {
    this.#router = router;
    this.#recording = recording;
  }

  /** Their events as they are now: a snapshot must contain them too. */
  get events(): readonly SingleEvent[] {
    return [...this.#units].flatMap(({ events }) => events.map(copyOf));
  }

  /** Records messages for an entity, all or none. @throws BrokerError when it refuses one. @throws StoreFullError */
  send(
    target: QueueEntity | TopicEntity,
    messages: readonly IncomingMessage[],
    now: number,
  ): { unit: UnitOfWork; sequenceNumbers: number[] } {
    const sent = this.#router.send(target, messages, now);
    try {
      this.#recording.recordAll(sent.unit.events);
    } catch (error) {
      sent.unit.rollBack();
      throw error;
    }
    sent.unit.uncommittedAt = this.#units.add(sent.unit);
    return sent;
  }

  /** Makes a send visible. */
  commit(unit: UnitOfWork, now: number): void {
    this.#forget(unit);
    unit.commit(now);
  }

  /**
   * Undoes a send that was recorded and could not be made durable. A full disk may write it yet, once it has room: so
   * events that undo it are recorded behind it. Otherwise a message that is sent again could be there twice after a
   * restart.
   */
  rollBack(unit: UnitOfWork): void {
    this.#forget(unit);
    unit.rollBack();
    const events = unit.compensation;
    if (events.length > 0) this.#recording.recordIfRoom({ type: 'group', events });
  }

  #forget(unit: UnitOfWork): void {
    if (unit.uncommittedAt) this.#units.remove(unit.uncommittedAt);
  }
}

function copyOf(event: SingleEvent): SingleEvent {
  return event.type === 'enqueued' ? { ...event, message: { ...event.message } } : event;
}
