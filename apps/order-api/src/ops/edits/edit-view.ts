import { z } from 'zod';

const instant = z.iso.datetime();

export const editStates = ['waiting', 'sending', 'sent', 'refused', 'missing'] as const;

/** A dead letter that is sent again as another message. */
export const editView = z
  .object({
    id: z.uuid(),
    queue: z.string(),
    place: z.string(),
    messageId: z.string().describe('Of the letter'),
    newMessageId: z.string().describe('Of the message that is sent in its place'),
    type: z.string(),
    version: z.int(),
    target: z.string().describe('The queue that gets it'),
    state: z
      .enum(editStates)
      .describe('`refused`: by the broker, and the letter is still there; `missing`: somebody took it before'),
    detail: z.string().optional(),
    properties: z.array(z.string()).describe('Names of those that were changed'),
    note: z.string(),
    createdBy: z.string(),
    createdAt: instant,
    endedAt: instant.optional(),
    restoredAt: instant.optional().describe('When the original was sent to its queue again'),
    keptUntil: instant.describe('When both messages are removed here'),
  })
  .meta({ id: 'Edit' });
export type EditView = z.infer<typeof editView>;

export const editList = z.object({ items: z.array(editView) }).meta({ id: 'Edits' });
export type EditList = z.infer<typeof editList>;

const message = z.object({
  id: z.string(),
  source: z.string(),
  time: z.string(),
  contentType: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
});

/** An edit with both messages; null once they were removed. */
export const wholeEditView = editView
  .extend({ original: message.nullable(), edited: message.nullable() })
  .meta({ id: 'WholeEdit' });
export type WholeEditView = z.infer<typeof wholeEditView>;
