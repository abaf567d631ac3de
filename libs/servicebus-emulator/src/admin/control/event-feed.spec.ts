import { describe, expect, it } from '@jest/globals';
import type { SingleEvent } from '../../entities/events.js';
import { EventTap } from '../../event-tap.js';
import { type Format, type FollowerStream, MAX_UNREAD_BYTES, EventFeed } from './event-feed.js';

/** A connection whose other end reads when it is told to. */
class Reader implements FollowerStream {
  writableLength = 0;
  readonly written: Buffer[] = [];

  write(bytes: Buffer): boolean {
    this.written.push(bytes);
    return true;
  }

  get events(): unknown[] {
    return this.written.map((bytes) => JSON.parse(bytes.toString()) as unknown);
  }
}

function started() {
  const tap = new EventTap();
  const recorder = tap.attachTo({ record: () => undefined, flushed: () => Promise.resolve() });
  const feed = new EventFeed(tap);
  const happen = (sequenceNumber: number, path = 'orders') =>
    recorder.record({ type: 'removed', path, sequenceNumber } satisfies SingleEvent);
  const follow = (entity?: string, format: Format = 'lines') => {
    const reader = new Reader();
    return { reader, stop: feed.follow(reader, format, entity) };
  };
  return { happen, follow };
}

const removed = (sequenceNumber: number) => ({ type: 'removed', entity: 'orders', sequenceNumber });

describe('what happens', () => {
  it('is encoded once for all who follow it in the same way', () => {
    const { happen, follow } = started();
    const [one, two, events] = [follow(), follow('orders'), follow(undefined, 'events')];
    happen(1);
    expect(one.reader.events).toEqual([removed(1)]);
    expect(two.reader.written[0]).toBe(one.reader.written[0]);
    expect(events.reader.written.map(String)).toEqual([`event: removed\ndata: ${JSON.stringify(removed(1))}\n\n`]);
  });

  it('is dropped for one who does not read, who is told how much it was once it does', () => {
    const { happen, follow } = started();
    const [slow, quick] = [follow(), follow()];
    happen(1);
    slow.reader.writableLength = MAX_UNREAD_BYTES + 1;
    for (const number of [2, 3, 4]) happen(number);
    slow.reader.writableLength = 0;
    happen(5);
    happen(6);
    expect(slow.reader.events).toEqual([removed(1), { type: 'dropped', count: 3 }, removed(5), removed(6)]);
    expect(quick.reader.events).toEqual([1, 2, 3, 4, 5, 6].map(removed));
  });

  it('counts only what its follower wanted, and ends for one who stops', () => {
    const { happen, follow } = started();
    const { reader, stop } = follow('orders');
    reader.writableLength = MAX_UNREAD_BYTES + 1;
    happen(1, 'other');
    happen(2, 'orders/$DeadLetterQueue');
    reader.writableLength = 0;
    happen(3);
    stop();
    happen(4);
    expect(reader.events).toEqual([{ type: 'dropped', count: 1 }, removed(3)]);
  });
});
