import { z } from 'zod';

/** What happened to an order, message by message. */
export const timelineView = z
  .object({
    orderId: z.string(),
    messages: z
      .array(
        z.object({
          type: z.string(),
          id: z.string(),
          time: z.iso.datetime(),
          cause: z
            .object({ messageId: z.string(), attempt: z.int().min(1) })
            .optional()
            .describe('The message whose handling led to this one; absent for what a client asked for'),
        }),
      )
      .describe('Oldest first'),
  })
  .meta({ id: 'Timeline' });

export type TimelineView = z.infer<typeof timelineView>;
