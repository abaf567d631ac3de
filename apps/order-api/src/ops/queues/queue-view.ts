import { z } from 'zod';
import { consumerView } from '../workers/consumer-view.js';

const instant = z.iso.datetime();

export const countsView = z.object({
  active: z.int().min(0).describe('Waiting and in work'),
  deadLetters: z.int().min(0),
  scheduled: z.int().min(0).optional().describe('Waiting for their time; absent where the broker does not say'),
});

/** A queue, or a subscription, and its dead letters. */
export const queueView = z
  .object({
    name: z.string(),
    replaysTo: z.string().describe('The queue that gets its dead letters again'),
    counts: countsView
      .extend({ asOf: instant })
      .nullable()
      .describe('By the broker; null until it was asked, or where it may not be asked'),
    deadLetters: z.object({
      indexed: z.int().min(0).describe('That are there now, by the index'),
      groups: z.int().min(0),
      indexedTo: instant.nullable().describe('When the index was brought up to date; null before the first time'),
      oldestAt: instant.nullable(),
    }),
    consumer: consumerView
      .nullable()
      .describe('Null for a subscription, and where OPS_WORKERS does not name who consumes it'),
  })
  .meta({ id: 'Queue' });

export const queueList = z.object({ items: z.array(queueView) }).meta({ id: 'Queues' });

export const queueHistory = z
  .object({ items: z.array(countsView.extend({ at: instant })) })
  .meta({ id: 'QueueHistory' });

export type QueueView = z.infer<typeof queueView>;
/** What the database knows of it. */
export type KnownQueue = Omit<QueueView, 'consumer'>;
export type QueueList = z.infer<typeof queueList>;
export type QueueHistory = z.infer<typeof queueHistory>;
