import { Readable } from 'node:stream';
import type { LoggedEvent } from './event-log.js';
import type { EventTopic } from './event-topics.js';

/** What may lie unread before a stream is ended, in bytes: 1 MiB. */
const mostUnread = 1_048_576;
/** How long a reader may take for what is left when a stream ends, in milliseconds. */
const lastReadMs = 1_000;

/** The server's end of one stream. */
export class EventStream {
  /** What the client gets. */
  readonly readable = new Readable({ read: () => undefined });
  readonly #topics: ReadonlySet<EventTopic>;

  constructor(topics: Iterable<EventTopic>) {
    this.#topics = new Set(topics);
  }

  /** Sends an event of a topic that was asked for. */
  tell({ topic, text }: LoggedEvent): void {
    if (this.#topics.has(topic)) this.send(text);
  }

  /** Sends text as it is; a client that does not read is cut off. */
  send(text: string): void {
    if (this.readable.destroyed || this.readable.readableEnded) return;
    this.readable.push(text);
    if (this.readable.readableLength > mostUnread) this.readable.destroy();
  }

  /** Ends it after what was sent; a client that does not read that is cut off. */
  end(): void {
    if (this.readable.destroyed) return;
    this.readable.push(null);
    setTimeout(() => this.readable.destroy(), lastReadMs).unref();
  }
}
