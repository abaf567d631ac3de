import { z } from 'zod';

const instant = z.iso.datetime();

/** A dead letter by the index: without its body. */
export const letterView = z
  .object({
    queue: z.string(),
    place: z.string().describe('Where in the queue it is: names it as long as it is there'),
    group: z.string(),
    messageId: z.string(),
    type: z.string(),
    version: z.int(),
    reason: z.string(),
    detail: z.string(),
    enqueuedAt: instant.describe("By the broker's clock"),
    attempt: z.int().describe('After which it was given up'),
    generation: z.int().describe('How often it was replayed before'),
    firstFailure: z.string().optional(),
    correlationId: z.string().optional(),
    orderId: z.string().optional(),
    consumerVersion: z.string().optional().describe('The release of the consumer that gave it up, where it said so'),
    size: z.int().describe('Of its body, in bytes'),
    gone: z
      .object({
        at: instant,
        outcome: z.enum(['replayed', 'discarded', 'edited', 'taken']).describe('`taken`: by somebody else'),
        by: z.string().optional().describe('The replay, discard or edit'),
      })
      .optional()
      .describe('What became of it, once it is not there any more'),
  })
  .meta({ id: 'DeadLetter' });

export const letterPage = z
  .object({
    items: z.array(letterView).describe('Oldest first'),
    nextCursor: z.string().optional(),
    total: z.int(),
    totalIs: z.enum(['exact', 'atLeast']),
    indexedTo: instant.nullable(),
  })
  .meta({ id: 'DeadLetters' });

/** A message as it may be shown. */
const messageView = z.object({
  source: z.string(),
  time: z.string(),
  contentType: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().describe('Without what its contract calls sensitive; for a body that nobody here knows its shape'),
  redacted: z.boolean(),
});

export const wholeLetterView = letterView
  .extend({
    message: messageView.nullable().describe('Null once it is gone'),
    links: z.object({ group: z.string(), order: z.string().optional() }),
  })
  .meta({ id: 'WholeDeadLetter' });

export const groupView = z
  .object({
    id: z.string(),
    queue: z.string(),
    type: z.string(),
    reason: z.string(),
    pattern: z.string().describe('The detail without what differs from letter to letter'),
    sample: z.string().describe('The detail of one of them'),
    present: z.int().describe('That are there now'),
    total: z.int().describe('That were ever seen'),
    firstSeen: instant,
    lastSeen: instant,
  })
  .meta({ id: 'DeadLetterGroup' });

export const groupList = z.object({ items: z.array(groupView), total: z.int() }).meta({ id: 'DeadLetterGroups' });

export type LetterView = z.infer<typeof letterView>;
export type LetterPage = z.infer<typeof letterPage>;
export type WholeLetterView = z.infer<typeof wholeLetterView>;
export type GroupView = z.infer<typeof groupView>;
export type GroupList = z.infer<typeof groupList>;
