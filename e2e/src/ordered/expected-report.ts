import { numberedEvents } from './checked-events.js';
import type { OrderedRunOptions, OrderedRunReport } from './ordered-run.js';

/** What a run has to report, but for how long it took and how much of it was tried again. */
export function expectedOf({ orders, kills }: OrderedRunOptions): Omit<OrderedRunReport, 'afterAnother' | 'seconds'> {
  return {
    handled: orders * (numberedEvents + 1),
    outOfOrder: 0,
    lost: 0,
    twice: 0,
    statuses: { paid: orders },
    paidBeforeAccepted: 0,
    captured: orders,
    chargedTwice: [],
    counted: { 'order.accepted': orders, 'payment.captured': orders, purchase: orders * (numberedEvents - 1) },
    deadLetters: 0,
    kills,
  };
}
