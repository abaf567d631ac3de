import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { z } from 'zod';
import { RequireScope } from '../access/declare-access.js';
import { MessagingResources } from './messaging-resources.js';
import { reason } from './ops-requests.js';
import { endPause, orderPause, type PauseReport, readPause } from './pause-report.js';

const pauseRequest = z.strictObject({ reason });
type PauseRequest = z.output<typeof pauseRequest>;

/** For operators: pauses the consuming of every replica, and ends that. */
@Controller('ops/pause')
export class PauseController {
  constructor(private readonly messaging: MessagingResources) {}

  @Get()
  @RequireScope('ops:read')
  show(): Promise<PauseReport> {
    return readPause(this.messaging);
  }

  @Put()
  @RequireScope('ops:write')
  async pause(@Body({ schema: pauseRequest }) { reason: because }: PauseRequest): Promise<PauseReport> {
    await orderPause(this.messaging, because);
    return this.show();
  }

  @Delete()
  @RequireScope('ops:write')
  @HttpCode(204)
  async resume(): Promise<void> {
    await endPause(this.messaging);
  }
}
