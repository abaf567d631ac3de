import { z } from 'zod';

/** Text for people that PostgreSQL can store: why something is done. */
export const reason = z
  .string()
  .min(1, 'must be 1 to 500 characters')
  .max(500, 'must be 1 to 500 characters')
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must not contain NUL or half a character');

/** A message that was set aside, as a list names it: its bucket and number, `3-1742`. */
const setAsideId = z
  .string()
  .regex(/^\d{1,2}-\d{1,18}$/, 'must be the id of a message that was set aside, as a list names it');

/** Messages that are sent again or dropped at a time. */
const mostIds = 1_000;

/** Which messages are sent again or dropped, and why. */
export const setAsideRequest = z.strictObject({
  ids: z
    .array(setAsideId, 'must be a list of ids')
    .min(1, 'must have one id at least')
    .max(mostIds, `must have at most ${mostIds} ids`),
  note: reason,
});
export type SetAsideRequest = z.output<typeof setAsideRequest>;

const pageSize = 'must be a whole number from 1 to 250';

/** A page of the messages that were set aside: 50 when nothing is said. */
export const setAsideQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,2}-\d{1,18}$/, 'must be the nextCursor of an earlier page, unchanged')
    .optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, pageSize)
    .default('50')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 250, pageSize),
});
export type SetAsideQuery = z.output<typeof setAsideQuery>;
