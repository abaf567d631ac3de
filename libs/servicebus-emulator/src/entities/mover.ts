import type { QueueEntity, SubscriptionEntity, TopicEntity } from './entity.js';
import type { BrokerEvent } from './events.js';
import type { DeadLetterCause } from './dead-letter-cause.js';
import type { QueuedMessage } from './queued-message.js';
import type { Router } from './router.js';
import type { Transfer } from './transfer.js';

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
    const transfer = this.#router.activate(target, message, now);
    if (target.kind === 'topic' || target.options.forwardTo !== undefined) {
      this.#move(target, message, transfer, now);
      return;
    }
    // Within a queue one short event says all: the message is known already.
    const [enqueued] = transfer.events;
    if (enqueued?.type === 'enqueued') {
      const scheduledAs = message.sequenceNumber;
      const { sequenceNumber, expiresAt } = enqueued.message;
      this.#note({ type: 'activated', path: target.path, scheduledAs, sequenceNumber, at: now, expiresAt });
    }
    target.main.detach(message);
    transfer.commit(now);
  }

  /** Takes a message out of `from` and lets a transfer put it elsewhere, as one event. */
  #move(
    from: QueueEntity | TopicEntity | SubscriptionEntity,
    message: QueuedMessage,
    transfer: Transfer,
    now: number,
  ): void {
    const { path } = from.main;
    transfer.noteFirst({ type: 'removed', path, sequenceNumber: message.sequenceNumber });
    this.#note({ type: 'group', events: transfer.events });
    from.main.detach(message);
    transfer.commit(now);
  }
}
