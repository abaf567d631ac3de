import { z } from 'zod';

const instant = z.iso.datetime();

export const stepKinds = [
  'sent',
  'failed',
  'handled',
  'dead-lettered',
  'replayed',
  'restored',
  'discarded',
  'edited',
  'taken',
] as const;

const storyStep = z.object({
  id: z.string(),
  kind: z
    .enum(stepKinds)
    .describe('`taken`: a dead letter that somebody else took; `failed`: attempts without success'),
  lane: z.string(),
  messageId: z.string(),
  type: z.string().optional().describe('Absent where only the id of the message is known'),
  time: instant.nullable().describe('By the clock of whoever did it; null where nobody knows it'),
  notBefore: instant.optional().describe('What is known of a time that is not'),
  notAfter: instant.optional(),
  attempts: z.int().optional().describe('How many failed'),
  detail: z.string().optional(),
  outcome: z.string().optional().describe('Of a replayed letter'),
  link: z.string().optional().describe('The dead letter, the replay or the discard'),
});
export type StoryStep = z.infer<typeof storyStep>;

const storyEdge = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.enum(['caused', 'delivered', 'gave-up', 'operated']),
});
export type StoryEdge = z.infer<typeof storyEdge>;

/** What happened to an order, across all apps. */
export const storyView = z
  .object({
    orderId: z.string(),
    status: z.string().nullable().describe('Null where order-api has heard of no fact of it'),
    order: z
      .object({ body: z.unknown(), redacted: z.boolean() })
      .nullable()
      .describe('Without what its contract calls sensitive; null while it is not known in full'),
    lanes: z.array(z.string()).describe('Whose part each step is'),
    steps: z.array(storyStep).describe('In an order that could have been: none before what led to it'),
    edges: z.array(storyEdge),
    complete: z.boolean(),
    why: z.array(z.string()).describe('What is missing, where it is not complete'),
    asOf: instant,
  })
  .meta({ id: 'Story' });
export type StoryView = z.infer<typeof storyView>;
