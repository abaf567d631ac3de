import type { Entity, Source, Target } from './entity.js';
import type { BrokerEvent } from './events.js';
import type { DeadLetterCause } from './dead-letter-cause.js';
import type { QueuedMessage } from './queued-message.js';
import type { Router } from './router.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Moves messages that no client sends: dead letters, and scheduled ones whose time has come. */
export class MessageMover {
  readonly #router: Router;
  readonly #record: (event: BrokerEvent) => void;

  /** @param record records what happened, unless the disk is full */
  constructor(router: Router, record: (event: BrokerEvent) => void) {
    this.#router = router;
    this.#record = record;
  }

  /** @throws BrokerError argument-error when its receiver's properties make the message's too large */
  deadLetter(source: Source, message: QueuedMessage, cause: DeadLetterCause, now: number): void {
    this.#move(source, message, this.#router.deadLetter(source, message, cause, now), now);
  }

  /** Sends on what was in an entity before it began to forward. */
  forward(source: Source, message: QueuedMessage, now: number): void {
    this.#move(source, message, this.#router.forward(source, message, now), now);
  }

  activate(target: Target, message: QueuedMessage, now: number): void {
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
      this.#record({ type: 'activated', path: target.path, scheduledAs, sequenceNumber, at: now, expiresAt });
    }
    target.main.extract(message);
    unit.commit(now);
  }

  /** Takes a message out of `from` and commits a unit that has it elsewhere, as one event. */
  #move(from: Entity, message: QueuedMessage, unit: UnitOfWork, now: number): void {
    const { path } = from.main;
    unit.recordFirst({ type: 'removed', path, sequenceNumber: message.sequenceNumber });
    this.#record({ type: 'group', events: unit.events });
    from.main.extract(message);
    unit.commit(now);
  }
}
