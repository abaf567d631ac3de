import { z } from 'zod';

const instant = z.iso.datetime();
const count = z.int().min(0);

/** What a worker answers to `GET /ops/outbox`. */
export const outboxReport = z.object({
  waiting: z.object({
    messages: count.describe('Held ones included; exact up to 10,000'),
    isEstimate: z.boolean(),
    oldestAgeMs: z.number().min(0).describe('Age of the oldest, 0 when there is none'),
  }),
  held: z.object({
    keys: count.describe('Ordering keys that wait after a failure; up to 10,000 are counted'),
    messages: count,
    items: z
      .array(
        z.object({
          orderingKey: z.string(),
          attempts: count,
          due: instant.nullable().describe('When it is tried again'),
          lastError: z.string(),
        }),
      )
      .describe('Those that are due first'),
  }),
  setAside: z.object({
    total: count.describe('Messages that no broker takes for what they are; up to 10,000 are counted'),
    items: z.array(
      z.object({
        id: z.string().describe('Names it in `resend` and `drop`'),
        to: z.string(),
        messageId: z.string(),
        type: z.string(),
        orderingKey: z.string().optional(),
        bytes: count.describe('Of its body'),
        reason: z.string(),
        setAsideAt: instant,
      }),
    ),
    nextCursor: z.string().optional(),
  }),
});

const whileSince = { detail: z.string(), since: instant };

/** What a worker answers to `GET /ops/pause`. */
export const pauseReport = z.object({
  queue: z.string(),
  ordered: z
    .object({ reason: z.string(), since: instant })
    .nullable()
    .describe('What somebody ordered for all replicas'),
  paused: z
    .object({ dependency: z.string(), ...whileSince })
    .nullable()
    .describe('What the replica that answered does now, because of an order or of an outage'),
});

/** What a worker answers to `POST /ops/handled`. */
export const handledReport = z.object({
  items: z.array(z.object({ id: z.string(), consumer: z.string(), at: instant })),
});

/** What a worker answers to `POST /ops/outbox/resend` and `/drop`. */
export const changedReport = z.object({ messages: count });

/** What a worker answers to `GET /health/ready`. */
export const healthReport = z.object({
  details: z.record(z.string(), z.object({ status: z.string(), message: z.string().optional() })),
});
