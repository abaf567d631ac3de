import { z } from 'zod';

/** The most that one `/receive` or `/peek` answers. */
export const mostMessages = 1_000;
const longestIdleSeconds = 60;

const wholeNumber = `must be a whole number from 1 to ${mostMessages}`;
const max = z
  .string()
  .regex(/^\d{1,4}$/, wholeNumber)
  .default(String(mostMessages))
  .transform(Number)
  .refine((value) => value >= 1 && value <= mostMessages, wholeNumber);

const seconds = `must be a number of seconds above 0 and up to ${longestIdleSeconds}`;
const idleTimeout = z
  .string()
  .regex(/^\d{1,2}(\.\d{1,3})?$/, seconds)
  .default('3')
  .transform(Number)
  .refine((value) => value > 0 && value <= longestIdleSeconds, seconds);

/** The query of `GET /receive`. */
export const receiveQuery = z.strictObject({ idleTimeout, max });
export type ReceiveQuery = z.infer<typeof receiveQuery>;

/** The query of `GET /peek`. */
export const peekQuery = z.strictObject({ max });
export type PeekQuery = z.infer<typeof peekQuery>;
