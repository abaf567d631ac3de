import { describe, expect, it } from '@jest/globals';
import type { Order } from '@orderflow/contracts';
import { brokenRule } from './business-rules.js';

const order: Order = {
  orderId: 'o-1',
  customerId: 'c-1',
  currency: 'EUR',
  lines: [
    { sku: 'tea', quantity: 2, unitPrice: 400 },
    { sku: 'cup', quantity: 1, unitPrice: 200 },
  ],
  total: 1_000,
  createdAt: '2026-01-01T00:00:00.000Z',
};

const lineOf = (quantity: number) => [{ sku: 'tea', quantity, unitPrice: 500 }];

describe('the business rules', () => {
  it.each<[string, Partial<Order>, string | undefined]>([
    ['an order within every rule', {}, undefined],
    ['a total at the limit', { total: 5_000 }, undefined],
    ['a free order', { lines: [{ sku: 'sample', quantity: 1, unitPrice: 0 }], total: 0 }, undefined],
    ['a total over the limit', { total: 5_001 }, 'total-over-limit'],
    ['a currency nobody knows', { currency: 'ZZZ' }, 'unknown-currency'],
    ['a quantity of zero', { lines: lineOf(0) }, 'quantity-not-positive'],
    ['a negative quantity', { lines: lineOf(-1) }, 'quantity-not-positive'],
  ])('judge %s', (_, change, code) => {
    expect(brokenRule({ ...order, ...change }, { totalLimit: 5_000 })?.code).toBe(code);
  });

  it('say which line is wrong', () => {
    const lines = [...order.lines, ...lineOf(-3)];
    expect(brokenRule({ ...order, lines }, { totalLimit: 5_000 })?.text).toBe('Line 3 orders -3 pieces.');
  });
});
