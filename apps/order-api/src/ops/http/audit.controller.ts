import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { readAudit } from '../audit/audit-log.js';
import { OpsDatabase } from '../ops-database.js';
import { pageOf } from './ops-requests.js';

const auditQuery = z.strictObject({
  subject: z.string().min(1).max(400).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the nextCursor of an earlier page, unchanged')
    .optional(),
  limit: pageOf(250),
});

const auditPage = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        at: z.iso.datetime(),
        begun: z.string().optional().describe('The entry of the same action from before it ran'),
        actor: z.string(),
        action: z.string(),
        subject: z.string(),
        phase: z.enum(['begun', 'done', 'failed']),
        note: z.string().optional(),
        details: z.unknown(),
      }),
    ),
    nextCursor: z.string().optional(),
  })
  .meta({ id: 'AuditEntries' });

/** What was done through the ops module. */
@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops')
export class AuditController {
  constructor(@Inject(OpsDatabase) private readonly database: OpsDatabase) {}

  @Get('audit')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: auditPage, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  async list(@Query({ schema: auditQuery }) { subject, cursor, limit }: z.output<typeof auditQuery>) {
    const found = await readAudit(this.database, { subject, before: cursor, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, ...(last && { nextCursor: last.id }) };
  }
}
