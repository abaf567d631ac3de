import type { DeadLetterCause } from './dead-letter-cause.js';
import type { BrokerEvent } from './events.js';
import type { QueuedMessage } from './queued-message.js';
import type { TimerQueue } from './timer-queue.js';

/** What a queue asks its entity, each time anew because it may be updated. Durations in ms. */
export interface QueueSettings {
  readonly lockDuration: number;
  readonly maxDeliveryCount: number;
}

/** What a queue needs of its surroundings. */
export interface QueuePorts {
  readonly timers: TimerQueue;
  readonly settings: () => QueueSettings;
  readonly record: (event: BrokerEvent) => void;
  readonly nextLockId: () => number;
  /** Takes a message that is to be dead-lettered. Undefined on a dead-letter queue itself. */
  readonly deadLetter: ((message: QueuedMessage, cause: DeadLetterCause, now: number) => void) | undefined;
  /** Takes a message whose life is over. */
  readonly expire: (message: QueuedMessage, now: number) => void;
  /** Sends a message on to where the entity forwards. Answers false, and does nothing, where it does not. */
  readonly forward: (message: QueuedMessage, now: number) => boolean;
  /** A message came to be here. Where the entity forwards it was to wait behind others: it goes on after them. */
  readonly published: (now: number) => void;
  /** Takes a scheduled message whose time has come. */
  readonly activate: (message: QueuedMessage, now: number) => void;
}
