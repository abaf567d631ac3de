import { TransportError } from '../transport-error.js';

/** The size of a page that was asked for, checked: 1 to 250, 50 when absent. */
export function pageLimit(limit = 50): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 250) return limit;
  throw new TransportError('InvalidOptions', `A page has 1 to 250 dead letters, not ${limit}.`, false);
}

/** The places that whole letters are asked for at, checked: 250 at most. */
export function placesToRead(places: readonly string[]): ReadonlySet<string> {
  const wanted = new Set(places);
  if (wanted.size <= 250) return wanted;
  throw new TransportError('InvalidOptions', `At most 250 dead letters are read at once, not ${wanted.size}.`, false);
}
