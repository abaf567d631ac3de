import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { z } from 'zod';
import { RequireScope } from '../access/declare-access.js';
import { MessagingResources } from './messaging-resources.js';

/** Ids that can be asked about at a time. */
const mostIds = 1_000;

const handledRequest = z.strictObject({
  ids: z
    .array(z.string().min(1).max(200), 'must be a list of message ids')
    .max(mostIds, `must have at most ${mostIds} ids`)
    .refine(
      (ids) => ids.every((id) => id.isWellFormed() && !id.includes('\u0000')),
      'must have ids that can be stored',
    ),
});
type HandledRequest = z.output<typeof handledRequest>;

/** For operators, and for the replays of order-api: which messages this app has handled, by its inbox. */
@Controller('ops/handled')
export class HandledController {
  constructor(private readonly messaging: MessagingResources) {}

  @Post()
  @RequireScope('ops:read')
  @HttpCode(200)
  async ask(@Body({ schema: handledRequest }) { ids }: HandledRequest): Promise<{ readonly handled: string[] }> {
    return { handled: await handledOf(this.messaging.requests, ids) };
  }
}

/** Those of the messages that a consumer of this database has handled. */
export async function handledOf(db: SqlTransaction, ids: readonly string[]): Promise<string[]> {
  // The inbox is keyed by consumer first; there are few of them, and each is found with one look.
  const { rows } = await db.query(
    `WITH RECURSIVE consumers AS (
       (SELECT consumer FROM inbox ORDER BY consumer LIMIT 1)
       UNION ALL
       SELECT (SELECT consumer FROM inbox WHERE consumer > known.consumer ORDER BY consumer LIMIT 1)
       FROM consumers known WHERE known.consumer IS NOT NULL)
     SELECT DISTINCT message_id FROM consumers JOIN inbox USING (consumer) WHERE message_id = ANY ($1::text[])`,
    [ids],
  );
  return rows.map((row) => String(row['message_id']));
}
