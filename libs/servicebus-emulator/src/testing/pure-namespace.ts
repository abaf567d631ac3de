import { readApplicationProperties } from '../codec/message-view.js';
import type { QueueEntity } from '../entities/entity.js';
import type { BrokerEvent, SingleEvent } from '../entities/events.js';
import type { MessageQueue } from '../entities/message-queue.js';
import { Namespace } from '../entities/namespace.js';
import type { QueueOptions } from '../entities/options.js';
import type { QueuedMessage } from '../entities/queued-message.js';
import { TimerQueue } from '../entities/timer-queue.js';
import { idOf, testMessage, type TestMessage } from './message.js';

/** When the time of a {@link PureNamespace} begins, ms since 1970. */
export const START = 1_700_000_000_000;

/** A namespace with no clients and no disk, whose time only a test moves. */
export class PureNamespace {
  readonly timers = new TimerQueue();
  readonly namespace = new Namespace({
    timers: this.timers,
    newId: () => 'id',
    later: (work) => work(this.now),
  });
  #now = START;

  get now(): number {
    return this.#now;
  }

  createQueue(options: Partial<QueueOptions> = {}, path = 'q'): QueueEntity {
    return this.namespace.createQueue(path, options, this.now);
  }

  /** Lets this much time pass, in ms, with all that it brings. */
  pass(ms: number): void {
    this.#now += ms;
    this.timers.run(this.now);
  }

  /** Sends, and lets it be seen. @returns the sequence numbers */
  send(path: string, ...messages: TestMessage[]): readonly number[] {
    const { unit, sequenceNumbers } = this.namespace.send(path, messages.map(testMessage), this.now);
    this.namespace.commit(unit, this.now);
    return sequenceNumbers;
  }

  /** Receives the next message under a lock. @throws when there is none */
  receive(queue: MessageQueue, session?: Parameters<MessageQueue['receive']>[1]): QueuedMessage {
    const message = queue.receive(this.now, session);
    if (!message) throw new Error(`Nothing is available in ${queue.path}.`);
    return message;
  }
}

/** The ids of a queue's messages in any state, in order. */
export const idsIn = (queue: MessageQueue): readonly string[] => [...queue.from(0)].map(idOf);

/** Why the messages of a dead-letter queue are there. */
export const reasonsIn = (queue: MessageQueue): readonly unknown[] =>
  [...queue.from(0)].map(({ content }) => readApplicationProperties(content.bare).get('DeadLetterReason'));

/** An event as a journal keeps it: what it points at may change afterwards. */
export function asRecorded(event: BrokerEvent): BrokerEvent {
  if (event.type === 'group') return { type: 'group', events: event.events.map(copyOf) };
  return copyOf(event);
}

function copyOf(event: SingleEvent): SingleEvent {
  return event.type === 'enqueued' ? { ...event, message: { ...event.message } } : event;
}
