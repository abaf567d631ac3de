import { describe, expect, it } from '@jest/globals';
import { decisionMessageId, paymentMessageId } from './index.js';

describe('derived message ids', () => {
  const longest = 'x'.repeat(100);
  const ids = [
    ...(['accepted', 'rejected', 'cancelled'] as const).map((decision) => decisionMessageId(longest, decision)),
    ...(['captured', 'failed'] as const).map((outcome) => paymentMessageId(longest, outcome)),
  ];

  it('differ by what happened', () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('fit into what Service Bus allows, for the longest order id too', () => {
    expect(Math.max(...ids.map((id) => id.length))).toBeLessThanOrEqual(128);
  });

  it('are the same each time', () => {
    expect(decisionMessageId('order-1', 'accepted')).toBe('order.accepted:order-1');
    expect(paymentMessageId('order-1', 'captured')).toBe('payment.captured:order-1');
  });
});
