import { z } from 'zod';
import { amount, currency, customerId, instant, orderId, sku } from './fields.js';
import { totalOf } from './money.js';

/** How many of what at which price. A quantity below one is a matter of business rules, and decided there. */
export const orderLineSchema = z.object({
  sku,
  quantity: z.int('must be a whole number'),
  /** Price of one piece in minor units. */
  unitPrice: amount.min(0, 'must not be negative'),
});

/**
 * The order, as commands and events carry it. Deliberately only its structure: an order that breaks a business rule
 * must be readable, so that it can be rejected with a reason instead of being dead-lettered.
 */
export const orderSchema = z
  .object({
    orderId,
    customerId,
    currency,
    lines: z.array(orderLineSchema).min(1, 'must have at least one line').max(100, 'must have at most 100 lines'),
    /** Sum of the lines in minor units. */
    total: amount,
    createdAt: instant,
    /** When to decide the order; at once if absent. */
    scheduledFor: instant.optional(),
  })
  .superRefine(({ lines, total }, context) => {
    const problem = totalProblem(lines, total);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['total'], message: problem });
  });

export type OrderLine = z.infer<typeof orderLineSchema>;
export type Order = z.infer<typeof orderSchema>;

function totalProblem(lines: readonly OrderLine[], total: number): string | undefined {
  try {
    const sum = totalOf(lines);
    return sum === total ? undefined : `must be ${sum}, the sum of the lines, and is ${total}`;
  } catch (error) {
    if (error instanceof RangeError) return `the sum of the lines is too large: ${error.message}`;
    throw error;
  }
}
