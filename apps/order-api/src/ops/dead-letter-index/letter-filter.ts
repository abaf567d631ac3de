import { z } from 'zod';

/** Text as PostgreSQL can compare it; what is longer is in no row. */
const text = (least: number) =>
  z
    .string()
    .min(least, 'must not be empty')
    .max(200, 'must be 200 characters at most')
    .refine((it) => it.isWellFormed() && !it.includes('\u0000'), 'must not contain NUL or half a character');
const instant = z.iso.datetime({ offset: true, error: 'must be an instant as in 2026-11-27T03:00:00Z' });
const generation = 'must be a whole number from 0 to 1000000';

const fields = {
  group: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be the id of a group')
    .optional(),
  reason: text(0).optional(),
  type: text(0).optional(),
  messageId: text(1).optional(),
  orderId: text(1).optional(),
  /** Stored by the broker at this moment or later. */
  from: instant.optional(),
  /** Stored by the broker before this moment. */
  to: instant.optional(),
};

/** Which dead letters of a queue are meant, in a body; all where nothing is said. */
export const letterFilter = z.strictObject({
  ...fields,
  generation: z.int(generation).min(0, generation).max(1_000_000, generation).optional(),
});
export type LetterFilter = z.output<typeof letterFilter>;

const largestPage = 250;
const pageSize = `must be a whole number from 1 to ${largestPage}`;

/** The same in a query, with the page that is asked for. */
export const lettersQuery = z.strictObject({
  ...fields,
  generation: z
    .string()
    .regex(/^\d{1,6}$/, generation)
    .transform(Number)
    .optional(),
  cursor: z
    .string()
    .max(2_000)
    .refine((cursor) => fromCursor(cursor) !== undefined, 'must be the nextCursor of an earlier page, unchanged')
    .optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, pageSize)
    .default('50')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= largestPage, pageSize),
});
export type LettersQuery = z.output<typeof lettersQuery>;

/** The position of the last letter of a page, as an opaque text for URLs. */
export function toCursor(position: string): string {
  return Buffer.from(`after ${position}`).toString('base64url');
}

/** Undefined for a text that {@link toCursor} did not write. */
export function fromCursor(cursor: string): string | undefined {
  const [, position] = /^after ([\x20-\x7e]{1,1000})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return position !== undefined && toCursor(position) === cursor ? position : undefined;
}
