import { z } from 'zod';
import { orderStatuses } from '../status/order-status.js';
import { fromCursor } from './page-cursor.js';
import { customerIdSchema } from './place-order-request.js';

export const largestPage = 200;
const wholeNumber = `must be a whole number from 1 to ${largestPage}`;

/** The query of `GET /orders`. */
export const listOrdersQuery = z.strictObject({
  status: z.enum(orderStatuses, `must be one of ${orderStatuses.join(', ')}`).optional(),
  customerId: customerIdSchema.optional(),
  cursor: z
    .string()
    .refine((text) => fromCursor(text) !== undefined, 'must be the nextCursor of an earlier page, unchanged')
    .optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, wholeNumber)
    .default('50')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= largestPage, wholeNumber),
});

export type ListOrdersQuery = z.infer<typeof listOrdersQuery>;
