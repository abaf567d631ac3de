import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { statusOf } from '../../test/status-of.js';
import type { OrderFacts, OrderStatus } from './order-status.js';

const at = new Date('2026-01-31T12:00:00.000Z');

const table: readonly (readonly [string, OrderFacts, OrderStatus])[] = [
  ['nothing', {}, 'pending'],
  ['a cancel asked for', { cancelRequestedAt: at }, 'cancelling'],
  ['accepted', { acceptedAt: at }, 'accepted'],
  ['rejected', { rejectedAt: at }, 'rejected'],
  ['cancelled', { cancelledAt: at }, 'cancelled'],
  ['accepted and charged', { acceptedAt: at, capturedAt: at }, 'paid'],
  ['charged before the acceptance was heard of', { capturedAt: at }, 'paid'],
  ['accepted and declined', { acceptedAt: at, paymentFailedAt: at }, 'payment_failed'],
  ['declined, then charged', { paymentFailedAt: at, capturedAt: at }, 'paid'],
  ['a cancel asked for after the acceptance', { acceptedAt: at, cancelRequestedAt: at }, 'accepted'],
  ['a cancel asked for after the payment', { capturedAt: at, cancelRequestedAt: at }, 'paid'],
  ['a cancel asked for after the rejection', { rejectedAt: at, cancelRequestedAt: at }, 'rejected'],
  ['a cancel asked for and decided', { cancelRequestedAt: at, cancelledAt: at }, 'cancelled'],
];

const anyFact = fc.constantFrom<keyof OrderFacts>(
  'acceptedAt',
  'rejectedAt',
  'cancelRequestedAt',
  'cancelledAt',
  'capturedAt',
  'paymentFailedAt',
);

describe('statusOf', () => {
  it.each(table)('with %s', (_, facts, status) => {
    expect(statusOf(facts)).toBe(status);
  });

  it('is the same whatever order the facts become known in', () => {
    const factsInTwoOrders = fc
      .uniqueArray(anyFact)
      .chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })));
    fc.assert(fc.property(factsInTwoOrders, ([one, other]) => statusOf(collect(one)) === statusOf(collect(other))));
  });

  it('does not notice when something is heard of twice', () => {
    fc.assert(
      fc.property(fc.array(anyFact), (facts) => statusOf(collect([...facts, ...facts])) === statusOf(collect(facts))),
    );
  });

  it('never turns a decided order back by asking for a cancel', () => {
    const decided = fc
      .uniqueArray(anyFact)
      .map(collect)
      .filter((facts) => statusOf(facts) !== 'pending');
    fc.assert(fc.property(decided, (facts) => statusOf({ ...facts, cancelRequestedAt: at }) === statusOf(facts)));
  });
});

function collect(facts: readonly (keyof OrderFacts)[]): OrderFacts {
  return facts.reduce<OrderFacts>((known, fact) => ({ ...known, [fact]: at }), {});
}
