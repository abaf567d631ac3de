import { orderLineSchema, orderSchema, totalOf } from '@orderflow/contracts';
import { z } from 'zod';

/** PostgreSQL stores neither NUL nor half of a surrogate pair, and no name needs a control character. */
const printable = /^[^\p{Cc}\p{Cs}]*$/u;
const unprintable = 'must not contain control characters or unpaired surrogates';

/** A customer's id as requests may name it. */
export const customerIdSchema = orderSchema.shape.customerId.regex(printable, unprintable);

const requestedLine = z.strictObject({
  ...orderLineSchema.shape,
  sku: orderLineSchema.shape.sku.regex(printable, unprintable),
});

/** The body of `POST /orders`. Only its form is checked here; business rules are decided by order-worker. */
export const placeOrderRequest = z
  .strictObject({
    customerId: customerIdSchema,
    currency: orderSchema.shape.currency,
    lines: z.array(requestedLine).min(1, 'must have at least one line').max(100, 'must have at most 100 lines'),
    scheduledFor: orderSchema.shape.scheduledFor,
  })
  .superRefine(({ lines }, context) => {
    if (!isCountable(lines)) {
      context.addIssue({ code: 'custom', path: ['lines'], message: 'the sum of the lines is too large' });
    }
  });

export type PlaceOrderRequest = z.infer<typeof placeOrderRequest>;

/** The optional body of `POST /orders/{id}/cancel`. */
export const cancelOrderRequest = z
  .strictObject({
    reason: z
      .string()
      .min(1, 'must not be empty')
      .max(500, 'must have at most 500 characters')
      .regex(printable, unprintable)
      .optional(),
  })
  .optional();

export type CancelOrderRequest = z.infer<typeof cancelOrderRequest>;

function isCountable(lines: PlaceOrderRequest['lines']): boolean {
  try {
    totalOf(lines);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
