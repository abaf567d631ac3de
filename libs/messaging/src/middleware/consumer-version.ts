import type { Middleware, Settlement } from '../transport.js';

/** Says in each dead letter of a consumer which version of it gave the message up. */
export function consumerVersion(version: string): Middleware {
  const stamped = (settlement: Settlement): Settlement =>
    settlement.kind === 'dead-letter' ? { ...settlement, consumerVersion: version } : settlement;
  return (next) => (delivery) => next(delivery).then(stamped);
}
