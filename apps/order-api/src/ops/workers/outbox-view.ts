import { z } from 'zod';
import { outboxReport } from './app-answers.js';

const name = z.string().describe('Of the app, for example `order-worker`');

/** The outbox of an app, with a page of what was set aside. */
export const outboxView = outboxReport.extend({ app: name }).meta({ id: 'Outbox' });
export type OutboxView = z.infer<typeof outboxView>;

const summary = z.object({
  app: name,
  trouble: z.string().optional().describe('Why nothing is known of it now'),
  outbox: z
    .object({
      waiting: outboxReport.shape.waiting,
      held: outboxReport.shape.held.omit({ items: true }),
      setAside: outboxReport.shape.setAside.pick({ total: true }),
    })
    .nullable()
    .describe('Null when the app does not answer'),
});
export type OutboxSummary = z.infer<typeof summary>;

/** The outboxes of all apps. */
export const outboxList = z.object({ items: z.array(summary) }).meta({ id: 'Outboxes' });
export type OutboxList = z.infer<typeof outboxList>;

/** What became of messages that were set aside. */
export const setAsideChange = z
  .object({ app: name, messages: z.int().describe('How many there were; the others were not set aside any more') })
  .meta({ id: 'SetAsideChange' });
export type SetAsideChange = z.infer<typeof setAsideChange>;
