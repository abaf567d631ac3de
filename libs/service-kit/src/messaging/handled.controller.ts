import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { RequireScope } from '../access/declare-access.js';
import { readHandled } from './handled-messages.js';
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

interface HandledReport {
  /** Those of the ids that any consumer has handled. */
  readonly handled: readonly string[];
  /** By whom and when. */
  readonly items: readonly { readonly id: string; readonly consumer: string; readonly at: string }[];
}

/** For operators, and for order-api: which messages this app has handled and when, by its inbox. */
@Controller('ops/handled')
export class HandledController {
  constructor(private readonly messaging: MessagingResources) {}

  @Post()
  @RequireScope('ops:read')
  @HttpCode(200)
  async ask(@Body({ schema: handledRequest }) { ids }: HandledRequest): Promise<HandledReport> {
    const found = await readHandled(this.messaging.requests, ids);
    return {
      handled: [...new Set(found.map(({ messageId }) => messageId))],
      items: found.map(({ messageId: id, consumer, at }) => ({ id, consumer, at: at.toISOString() })),
    };
  }
}
