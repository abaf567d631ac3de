import type { Envelope } from '../envelope.js';

/** How many buckets there are: the most relays that can share one outbox. Part of the stored format. */
export const BUCKETS = 16;

/** What a message is ordered by: its ordering key, or its own id, which orders it with nothing else. */
export function orderingKeyOf({ orderingKey, id }: Pick<Envelope, 'orderingKey' | 'id'>): string {
  return orderingKey ?? id;
}

/** The bucket of an ordering key: FNV-1a of its UTF-16 units, http://www.isthe.com/chongo/tech/comp/fnv/. */
export function bucketOf(orderingKey: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < orderingKey.length; index += 1) {
    hash = Math.imul(hash ^ orderingKey.charCodeAt(index), 0x01000193);
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % BUCKETS;
}
