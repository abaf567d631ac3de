import type { QueueEntity, SubscriptionEntity, TopicEntity } from './entity.js';
import type { BrokerEvent } from './events.js';
import type { DeadLetterCause } from './dead-letter-cause.js';
import type { QueuedMessage } from './queued-message.js';
import type { Router } from './router.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Moves messages that no client sends: dead letters, and scheduled ones whose time has come. */
export class Mover {
  readonly #router: Router;
  readonly #note: (event: BrokerEvent) => void;

  /** @param note remembers what happened, if it can */
  constructor(router: Router, note: (event: BrokerEvent) => void) {
    this.#router = router;
    this.#note = note;
  }

  /** @throws BrokerError argument-error when its receiver's properties make the message's too large */
  deadLetter(
    family: QueueEntity | SubscriptionEntity,
    message: QueuedMessage,
    cause: DeadLetterCause,
    now: number,
  ): void {
    this.#move(family, message, this.#router.deadLetter(family, message, cause, now), now);
  }

  /** Sends on what was in an entity before it began to forward. */
  forward(family: QueueEntity | SubscriptionEntity, message: QueuedMessage, now: number): void {
    this.#move(family, message, this.#router.forward(family, message, now), now);
  }

  activate(target: QueueEntity | TopicEntity, message: QueuedMessage, now: number): void {
    const unit = this.#router.activate(target, message, now);
    if (target.kind === 'topic' || target.options.forwardTo !== undefined) {
      this.#move(target, message, unit, now);
      return;
    }
    // Within a queue one short event says all: the message is known already.
    const [enqueued] = unit.events;
    if (enqueued?.type === 'enqueued') {
      const scheduledAs = message.sequenceNumber;
      const { sequenceNumber, expiresAt } = enqueued.message;
      this.#note({ type: 'activated', path: target.path, scheduledAs, sequenceNumber, at: now, expiresAt });
    }
    target.main.detach(message);
    unit.commit(now);
  }

  /** Takes a message out of `from` and commits a unit that has it elsewhere, as one event. */
  #move(
    from: QueueEntity | TopicEntity | SubscriptionEntity,
    message: QueuedMessage,
    unit: UnitOfWork,
    now: number,
  ): void {
    const { path } = from.main;
    unit.recordFirst({ type: 'removed', path, sequenceNumber: message.sequenceNumber });
    this.#note({ type: 'group', events: unit.events });
    from.main.detach(message);
    unit.commit(now);
  }
}
