import { z } from 'zod';
import { isStorableText } from './storable-text.js';

/** What every text of a contract is: what PostgreSQL, and with it every service, can store. */
export const storable = z.string().refine(isStorableText, {
  error: 'must not contain NUL (U+0000) or an unpaired surrogate',
  // One problem of a field is reported once.
  abort: true,
});

/** A short text that names something: a customer, a product, an invoice. */
const name = storable.min(1, 'must not be empty').max(100, 'must have at most 100 characters');

/** An order's id: 1 to 100 characters that are safe in a URL path, a message id and a log line. */
export const orderId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,100}$/, 'must be 1 to 100 characters out of A-Z a-z 0-9 . _ : -');

export const customerId = name;

/** A stock keeping unit: which product. */
export const sku = name;

export const invoiceId = name;

/** Three capital letters. Whether ISO 4217 knows them is a business rule (`isKnownCurrency`), decided by order-worker. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, for example EUR');

/** Minor units: cents of EUR, yen of JPY. A safe integer. */
export const amount = z.int('must be a whole number of minor units');

const instantForm = 'must be an ISO 8601 time in UTC, for example 2026-01-31T12:00:00.000Z';

/**
 * ISO 8601 in UTC, for example 2026-01-31T12:00:00.000Z, in the years 1970 to 9999 and with at most nine digits of a
 * second: what every clock, database and broker here can hold.
 */
export const instant = z.iso
  .datetime({ error: instantForm, abort: true })
  .max('1970-01-01T00:00:00.123456789Z'.length, 'must have at most nine digits after the second')
  .refine((text) => text >= '1970', 'must be in the years 1970 to 9999');

/** The longest {@link text}, in UTF-16 code units. */
export const textLimit = 500;

/** A human text: a reason somebody gave or will read. */
export const text = storable.min(1, 'must not be empty').max(textLimit, `must have at most ${textLimit} characters`);

/** Id of a message, ours or another producer's: what every broker accepts as one. */
export const messageId = storable.min(1, 'must not be empty').max(128, 'must have at most 128 characters');

/** The largest `integer` of PostgreSQL. */
const largestInteger = 2_147_483_647;

/** The message that made its handler publish this event. */
export const cause = z.object({
  messageId,
  /** 1 at first; crashes and retries both count. */
  attempt: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(largestInteger, `must be at most ${largestInteger}`),
});
