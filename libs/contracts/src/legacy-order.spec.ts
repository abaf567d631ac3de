import { describe, expect, it } from '@jest/globals';
import { legacyOrder, type LegacyOrder } from './legacy-order.js';
import { orderPlace } from './order-place.js';

const body = { order_id: 'order-1', ts: '2026-01-31T12:00:00.123456Z', amount: 49.99 };

/** What a consumer gets to see of a body of version 0. */
function upcast(payload: LegacyOrder, defaultCurrency: string): unknown {
  const contract = legacyOrder({ defaultCurrency });
  return orderPlace.parse(contract.upcast?.convert(contract.parse(payload)));
}

describe('an order of version 0', () => {
  it('carries its message id in the body', () => {
    expect(legacyOrder({ defaultCurrency: 'EUR' }).messageId?.(body)).toBe('order-1');
  });

  it.each([
    ['EUR', 4999],
    ['JPY', 50],
    ['KWD', 49990],
  ])('is counted in minor units of %s', (currency, total) => {
    expect(upcast(body, currency)).toMatchObject({ currency, total, lines: [{ quantity: 1, unitPrice: total }] });
  });

  it('keeps every amount of the producer to the cent', () => {
    const amounts = Array.from({ length: 100 }, (_, i) => 49.99 + i);
    const totals = amounts.map((amount) => (upcast({ ...body, amount }, 'EUR') as { total: number }).total);
    expect(totals).toEqual(amounts.map((_, i) => 4999 + i * 100));
  });

  it('reads a time without a fraction of a second', () => {
    expect(upcast({ ...body, ts: '2026-01-31T12:00:00Z' }, 'EUR')).toMatchObject({
      createdAt: '2026-01-31T12:00:00.000Z',
    });
  });

  it('names everything that is wrong with it', () => {
    const wrong = { order_id: 'a/b', ts: 'yesterday', amount: '12' };
    expect(() => legacyOrder({ defaultCurrency: 'EUR' }).parse(wrong)).toThrow(
      expect.objectContaining({
        problems: [
          { path: 'order_id', message: 'must be 1 to 100 characters out of A-Z a-z 0-9 . _ : -' },
          { path: 'ts', message: 'must be an ISO 8601 time in UTC, for example 2026-01-31T12:00:00.000Z' },
          { path: 'amount', message: 'must be a number' },
        ],
      }),
    );
  });

  it('refuses an amount too large to count, as a problem of the field', () => {
    expect(() => upcast({ ...body, amount: 1e20 }, 'EUR')).toThrow(
      /not a valid order version 0: amount: \d+ minor units is beyond/,
    );
  });
});
