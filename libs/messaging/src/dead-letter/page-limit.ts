import { TransportError } from '../transport.js';

/** The size of a page that was asked for, checked: 1 to 250, 50 when absent. */
export function pageLimit(limit = 50): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 250) return limit;
  throw new TransportError('InvalidOptions', `A page has 1 to 250 dead letters, not ${limit}.`, false);
}
