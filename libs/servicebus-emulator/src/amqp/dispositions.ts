import frames from 'rhea/lib/frames.js';
import type { IncomingDelivery, OutgoingDelivery, SessionInternals } from './rhea-internals.js';
import { ACCEPTED } from './amqp-error.js';

/**
 * Tells the client what became of a delivery, settled. rhea writes at the end of a turn what was settled in it, and
 * merges the first two of neighbouring deliveries without comparing their outcomes (3.0.5, `write_dispositions` in
 * lib/session.js): a refused send beside an accepted one would look accepted. So only acceptances are left to rhea, to
 * be merged with one another; everything else is written here, by itself.
 */
export function settleWith(
  delivery: IncomingDelivery | OutgoingDelivery,
  state: unknown,
  link: { readonly session: SessionInternals; readonly receives: boolean },
): void {
  if (state === ACCEPTED) return delivery.update(true, state);
  const { id } = delivery;
  link.session.output(frames.disposition({ role: link.receives, first: id, last: id, state, settled: true }));
  delivery.settled = true;
  link.session.connection._register();
}
