import { Controller, Get, Query } from '@nestjs/common';
import { RequireScope } from '@orderflow/service-kit';
import { z } from 'zod';
import { type Summary, SummaryReader } from './summary.js';

const DAY_MS = 86_400_000;

const instant = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time, for example 2026-01-31T12:00:00Z' });

/** `?from=&to=`; the last 24 hours and the minute under way by default. */
const periodSchema = z
  .strictObject({ from: instant.optional(), to: instant.optional() })
  .transform(({ from, to }) => {
    const end = to ? new Date(to) : new Date(Date.now() + 60_000);
    return { from: from ? new Date(from) : new Date(end.getTime() - DAY_MS), to: end };
  })
  .refine(({ from, to }) => from < to, { path: ['from'], message: 'must be before to' });

@Controller('analytics')
export class SummaryController {
  constructor(private readonly summaries: SummaryReader) {}

  @Get('summary')
  @RequireScope('ops:read')
  summary(@Query({ schema: periodSchema }) period: z.output<typeof periodSchema>): Promise<Summary> {
    return this.summaries.read(period);
  }
}
