import type { SingleEvent } from '../../entities/events.js';
import type { EventTap } from '../../event-tap.js';
import { describeSafely } from './describe-event.js';

/** Bytes that a follower may leave unread. What comes beyond them is dropped, and counted: the broker keeps no events. */
export const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** One JSON object a line, or server-sent events. */
export type Format = 'lines' | 'events';

/** What a follower is written to: an HTTP response. */
export interface FollowerStream {
  readonly writableLength: number;
  write(bytes: Buffer): boolean;
}

interface Follower {
  readonly stream: FollowerStream;
  readonly format: Format;
  /** Only this entity and its dead-letter queues, in lower case; undefined for all. */
  readonly entity: string | undefined;
  /** Events that it has missed since the last it was told of. */
  dropped: number;
}

/** Passes on what happens to all who follow it. An event is encoded once for each format, however many they are. */
export class EventFeed {
  readonly #tap: EventTap;
  readonly #followers = new Set<Follower>();
  #unsubscribe: (() => void) | undefined;

  constructor(tap: EventTap) {
    this.#tap = tap;
  }

  /** @param entity in lower case. @returns ends it */
  follow(stream: FollowerStream, format: Format, entity: string | undefined): () => void {
    const follower: Follower = { stream, format, entity, dropped: 0 };
    this.#followers.add(follower);
    this.#unsubscribe ??= this.#tap.subscribe((event) => this.#publish(event));
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    };
  }

  #publish(event: SingleEvent): void {
    const page = describeSafely(event);
    if (!page) return;
    const path = page.entity.toLowerCase();
    const encoded: Partial<Record<Format, Buffer>> = {};
    for (const follower of this.#followers) {
      if (follower.entity !== undefined && !concerns(path, follower.entity)) continue;
      if (follower.stream.writableLength > MAX_UNREAD_BYTES) {
        follower.dropped++;
        continue;
      }
      tellOfDropped(follower);
      follower.stream.write((encoded[follower.format] ??= encode(page, follower.format)));
    }
  }
}

/** A follower that reads again is told how much it has missed, before what comes next. */
function tellOfDropped(follower: Follower): void {
  if (follower.dropped === 0) return;
  follower.stream.write(encode({ type: 'dropped', count: follower.dropped }, follower.format));
  follower.dropped = 0;
}

function encode(page: { readonly type: string; readonly count?: number }, format: Format): Buffer {
  const text = JSON.stringify(page);
  return Buffer.from(format === 'events' ? `event: ${page.type}\ndata: ${text}\n\n` : `${text}\n`);
}

function concerns(path: string, entity: string): boolean {
  return path === entity || path.startsWith(`${entity}/`);
}
