import { randomUUID } from 'node:crypto';
import type { EventTopic, OpsEvent } from './event-topics.js';

/** An event as it goes over the wire. */
export interface LoggedEvent {
  readonly topic: EventTopic;
  /** Of server-sent events (HTML, section 9.2), with the empty line in the end. */
  readonly text: string;
}

/** How many events are kept for streams that broke off. */
const mostKept = 1_000;

/** The last events in order, each with an id that a broken stream goes on from: `epoch-counter`. */
export class EventLog {
  /** Differs for each log, so that no other one's ids are taken for its own. */
  readonly #epoch = randomUUID().slice(0, 8);
  readonly #kept: LoggedEvent[] = [];
  #counter = 0;

  /** The id of the last event. */
  get lastId(): string {
    return `${this.#epoch}-${this.#counter}`;
  }

  add({ topic, data }: OpsEvent): LoggedEvent {
    this.#counter += 1;
    const event = { topic, text: eventText(this.lastId, topic, data) };
    this.#kept.push(event);
    if (this.#kept.length > mostKept) this.#kept.shift();
    return event;
  }

  /** The events after one; undefined for an id that is not this log's, or too old. */
  after(id: string): readonly LoggedEvent[] | undefined {
    const [, epoch, counter] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id) ?? [];
    const missed = this.#counter - Number(counter);
    if (epoch !== this.#epoch || missed < 0 || missed > this.#kept.length) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }
}

/** One event of a stream; JSON has no line breaks of its own. */
export function eventText(id: string, name: string, data: object): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
