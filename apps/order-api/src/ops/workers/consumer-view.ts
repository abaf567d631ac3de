import { z } from 'zod';
import { pauseReport } from './app-answers.js';

/** Who consumes a queue, and how that is. */
export const consumerView = z
  .object({
    app: z.string(),
    ordered: pauseReport.shape.ordered,
    paused: pauseReport.shape.paused,
    health: z.enum(['up', 'degraded', 'down', 'unknown']).describe('Of the replica that answered; unknown: none did'),
    troubles: z.array(z.object({ part: z.string(), detail: z.string() })),
    asOf: z.iso.datetime(),
  })
  .meta({ id: 'QueueConsumer' });
export type ConsumerView = z.infer<typeof consumerView>;
