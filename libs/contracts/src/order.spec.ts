import { describe, expect, it } from '@jest/globals';
import { ContractViolation, orderCancelled, orderPlace, type Order } from './index.js';

const order: Order = {
  orderId: 'order-1',
  customerId: 'customer-1',
  currency: 'EUR',
  lines: [{ sku: 'lamp', quantity: 2, unitPrice: 150 }],
  total: 300,
  createdAt: '2026-01-31T12:00:00.000Z',
};

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ContractViolation) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

describe('order.place', () => {
  it('lists every problem at once, each with its place', () => {
    const value = { ...order, orderId: 'white space', currency: 'euro', lines: [{ sku: '', quantity: 1.5 }] };
    expect(problemsOf(() => orderPlace.parse(value))).toEqual([
      'orderId must be 1 to 100 characters out of A-Z a-z 0-9 . _ : -',
      'currency must be three capital letters, for example EUR',
      'lines[0].sku must not be empty',
      'lines[0].quantity must be a whole number',
      'lines[0].unitPrice must be a whole number of minor units',
    ]);
  });

  it('says what the total should have been', () => {
    expect(problemsOf(() => orderPlace.parse({ ...order, total: 299 }))).toEqual([
      'total must be 300, the sum of the lines, and is 299',
    ]);
  });

  it('refuses lines whose sum cannot be counted exactly', () => {
    const lines = [{ sku: 'moon', quantity: 2, unitPrice: Number.MAX_SAFE_INTEGER }];
    expect(problemsOf(() => orderPlace.parse({ ...order, lines }))).toEqual([
      expect.stringContaining('total the sum of the lines is too large'),
    ]);
  });

  it.each([
    ['nothing', undefined],
    ['a list', [order]],
    ['a text', 'order'],
  ])('refuses %s', (_, value) => {
    expect(() => orderPlace.parse(value)).toThrow(/^not a valid order.place version 1: .*expected object/);
  });

  it.each([
    ['an unknown currency', { currency: 'ZZZ' }],
    ['no quantity', { lines: [{ sku: 'lamp', quantity: 0, unitPrice: 150 }], total: 0 }],
    ['a negative quantity', { lines: [{ sku: 'lamp', quantity: -1, unitPrice: 150 }], total: -150 }],
  ])('can be read with %s, for somebody to reject it', (_, change) => {
    expect(orderPlace.parse({ ...order, ...change })).toMatchObject(change);
  });

  it('drops what this version does not know', () => {
    expect(orderPlace.parse({ ...order, colour: 'red' })).toEqual(order);
  });
});

describe('order.cancelled', () => {
  const cancelled = {
    orderId: 'order-1',
    decidedAt: '2026-01-31T12:00:00.000Z',
    cause: { messageId: 'message-1', attempt: 1 },
  };

  it('may be about an order that nobody has seen', () => {
    expect(orderCancelled.parse(cancelled)).toEqual(cancelled);
  });

  it('is about one order only', () => {
    expect(problemsOf(() => orderCancelled.parse({ ...cancelled, orderId: 'order-2', order }))).toEqual([
      'order.orderId must be the same as orderId',
    ]);
  });
});
