import { z } from 'zod';

/** An order's id: 1 to 100 characters that are safe in a URL path, a message id and a log line. */
export const orderId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,100}$/, 'must be 1 to 100 characters out of A-Z a-z 0-9 . _ : -');

export const customerId = z.string().min(1, 'must not be empty').max(100, 'must have at most 100 characters');

/** Three capital letters. Whether ISO 4217 knows them is a business rule (`isKnownCurrency`), decided by order-worker. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, for example EUR');

/** Minor units: cents of EUR, yen of JPY. A safe integer. */
export const amount = z.int('must be a whole number of minor units');

/** ISO 8601 in UTC, for example 2026-01-31T12:00:00.000Z. */
export const instant = z.iso.datetime('must be an ISO 8601 time in UTC, for example 2026-01-31T12:00:00.000Z');

/** A human text: a reason somebody gave or will read. */
export const text = z.string().min(1, 'must not be empty').max(500, 'must have at most 500 characters');

/** Id of a message, ours or another producer's: what every broker accepts as one. */
export const messageId = z.string().min(1, 'must not be empty').max(128, 'must have at most 128 characters');

/** The message that made its handler publish this event. */
export const cause = z.object({
  messageId: z.string().min(1, 'must not be empty'),
  /** 1 at first; crashes and retries both count. */
  attempt: z.int('must be a whole number').min(1, 'must be at least 1'),
});
