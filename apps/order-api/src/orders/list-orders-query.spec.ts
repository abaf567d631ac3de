import { describe, expect, it } from '@jest/globals';
import { listOrdersQuery } from './list-orders-query.js';

function problemsOf(query: unknown): string[] {
  const result = listOrdersQuery.safeParse(query);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the query of GET /orders', () => {
  it('asks for 50 orders by default', () => {
    expect(listOrdersQuery.parse({})).toEqual({ limit: 50 });
    expect(listOrdersQuery.parse({ limit: '200' })).toEqual({ limit: 200 });
  });

  it('lists everything that is wrong', () => {
    expect(problemsOf({ status: 'open', limit: '0', cursor: 'x', customerId: '' })).toEqual([
      'status: must be one of pending, cancelling, accepted, rejected, cancelled, paid, payment_failed',
      'customerId: must not be empty',
      'cursor: must be the nextCursor of an earlier page, unchanged',
      'limit: must be a whole number from 1 to 200',
    ]);
  });

  it.each(['201', '-1', '1.5', 'ten', '', '1e2'])('refuses a limit of "%s"', (limit) => {
    expect(problemsOf({ limit })).toEqual(['limit: must be a whole number from 1 to 200']);
  });

  it('refuses what it does not know', () => {
    expect(problemsOf({ state: 'paid' })).toEqual([': Unrecognized key: "state"']);
  });
});
