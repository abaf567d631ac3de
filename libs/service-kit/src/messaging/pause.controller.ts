import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import type { EndpointHealth } from '@orderflow/messaging';
import { z } from 'zod';
import { RequireScope } from '../access/declare-access.js';
import { MessagingResources } from './messaging-resources.js';

/** Text that PostgreSQL can store. */
const reason = z
  .string()
  .min(1, 'must be 1 to 500 characters')
  .max(500, 'must be 1 to 500 characters')
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must not contain NUL or half a character');

const pauseRequest = z.strictObject({ reason });
type PauseRequest = z.output<typeof pauseRequest>;

/** Whether this replica is paused, and what was ordered for all of them. */
interface PauseReport {
  readonly queue: string;
  /** What somebody ordered; null while nobody has. */
  readonly ordered: { readonly reason: string; readonly since: string } | null;
  /** What this replica does now, because of an order or of an outage; null while it consumes. */
  readonly paused: { readonly dependency: string; readonly detail: string; readonly since: string } | null;
}

/** For operators: pauses the consuming of every replica, and ends that. */
@Controller('ops/pause')
export class PauseController {
  constructor(private readonly messaging: MessagingResources) {}

  @Get()
  @RequireScope('ops:read')
  async show(): Promise<PauseReport> {
    const { pauses, queue, server } = this.messaging;
    const ordered = await pauses.find(queue);
    return {
      queue,
      ordered: ordered ? { reason: ordered.reason, since: ordered.since.toISOString() } : null,
      paused: pausedOf(server.health()),
    };
  }

  @Put()
  @RequireScope('ops:write')
  async pause(@Body({ schema: pauseRequest }) { reason: because }: PauseRequest): Promise<PauseReport> {
    await this.messaging.pauses.pause(this.messaging.queue, because);
    this.messaging.pause(because);
    return this.show();
  }

  @Delete()
  @RequireScope('ops:write')
  @HttpCode(204)
  async resume(): Promise<void> {
    await this.messaging.pauses.resume(this.messaging.queue);
    this.messaging.resume();
  }
}

function pausedOf({ paused }: EndpointHealth): PauseReport['paused'] {
  return paused ? { dependency: paused.dependency, detail: paused.detail, since: paused.since.toISOString() } : null;
}
