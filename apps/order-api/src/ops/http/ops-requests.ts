import { z } from 'zod';
import { fromCursor } from '../../orders/page-cursor.js';
import { note } from '../replays/replay-request.js';
import { letterFilter } from '../dead-letter-index/letter-filter.js';

/** A queue, or a subscription, as one segment of a path. */
export const queueName = { schema: z.string().min(1).max(260) };

/** An app that consumes a queue. */
export const appName = { schema: z.string().min(1).max(260) };

/** A place in a dead-letter queue. */
export const placeName = {
  schema: z
    .string()
    .min(1)
    .max(300)
    .regex(/^[\x21-\x7e]+$/, 'must be the place of a dead letter, as a list names it'),
};

/** The id of a group. */
export const groupId = { schema: z.string().regex(/^[0-9a-f]{16}$/, 'must be the id of a group, as a list names it') };

/** The id of a selection, a replay, a discard or an export. */
export const resourceId = { schema: z.uuid('must be an id, as a list names it') };

/** The size of a page: 50 when absent. */
export function pageOf(largest: number) {
  const message = `must be a whole number from 1 to ${largest}`;
  return z
    .string()
    .regex(/^\d{1,4}$/, message)
    .default('50')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= largest, message);
}

/** A position in a list that is ordered by time and id, newest first; the first page when absent. */
export const timeCursor = z
  .string()
  .max(500)
  .refine(
    (cursor) => z.uuid().safeParse(fromCursor(cursor)?.id).success,
    'must be the nextCursor of an earlier page, unchanged',
  )
  .optional();

export const noQuery = z.strictObject({});

/** The body with which somebody says why a payload is to be seen. */
export const revealRequest = z.strictObject({ note });
export type RevealRequest = z.output<typeof revealRequest>;

/** The body with which somebody says why messages are to be sent again. */
export const restoreRequest = z.strictObject({ note });
export type RestoreRequest = z.output<typeof restoreRequest>;

/** A moment. */
export const instant = z.iso.datetime({ offset: true, error: 'must be an instant as in 2026-11-27T03:00:00Z' });
const seconds = 'must be a whole number of seconds from 1 to 86400';
const mostSteps = 2_000;

/** The query of a queue's history. */
export const historyQuery = z
  .strictObject({
    from: instant,
    to: instant.optional(),
    step: z
      .string()
      .regex(/^\d{1,5}$/, seconds)
      .default('60')
      .transform(Number)
      .refine((step) => step >= 1 && step <= 86_400, seconds),
  })
  .superRefine(({ from, to, step }, context) => {
    const ms = Date.parse(to ?? new Date().toISOString()) - Date.parse(from);
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (ms <= 0) issue('from', 'must be before to, which is now when absent');
    if (ms / (step * 1_000) > mostSteps) issue('step', `must be longer: at most ${mostSteps} steps are answered`);
  });
export type HistoryQuery = z.output<typeof historyQuery>;

/** The query of the groups. */
export const groupsQuery = z.strictObject({
  queue: z.string().min(1).max(260).optional(),
  sort: z.enum(['present', 'lastSeen', 'firstSeen'], 'must be one of present, lastSeen, firstSeen').default('present'),
  limit: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000')
    .default('100')
    .transform(Number),
});
export type GroupsQuery = z.output<typeof groupsQuery>;

/** The body that freezes a filter. */
export const selectionRequest = z.strictObject({
  queue: z.string('must be the name of a queue').min(1).max(260),
  filter: letterFilter.default({}),
});
export type SelectionRequest = z.output<typeof selectionRequest>;
