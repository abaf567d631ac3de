/** Serial numbers of 32 bits (RFC 1982): delivery ids, transfer ids and delivery counts begin anew after 2³²−1. */

/** The number `by` after `id`. */
export const advance = (id: number, by: number): number => (id + by) >>> 0;

/** How far `to` lies after `from`: from −2³¹ (before it) to 2³¹−1. */
export const distance = (from: number, to: number): number => (to - from) | 0;

/** Whether `id` lies from `first` to `last`, both included. Nothing does when `last` comes before `first`. */
export const isWithin = (id: number, first: number, last: number): boolean =>
  distance(first, last) >= 0 && (id - first) >>> 0 <= (last - first) >>> 0;
