import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, Problem, RequestCaller } from '@orderflow/service-kit';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited, readAudit } from '../audit/audit-log.js';
import { OpsBroker } from '../broker/ops-broker.js';
import { readLetter } from '../dead-letter-index/index-query.js';
import { type WholeLetterView, wholeLetterView } from '../dead-letter-index/letter-view.js';
import { OpsDatabase } from '../ops-database.js';
import { wholeBody } from '../payload/redact-payload.js';
import { Places } from '../places.js';
import { note } from '../replays/replay-request.js';
import { wholeView } from './dead-letters.controller.js';
import { pageOf, placeName, queueName } from './ops-requests.js';

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

const revealRequest = z.strictObject({ note });

/** What was done, and what only those may see who say why. */
@ApiTags('ops')
@ApiProblem(503, 'The database or the broker does not answer')
@Controller('ops')
export class AuditController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(OpsBroker) private readonly broker: OpsBroker,
  ) {}

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

  @Post('queues/:queue/dead-letters/:place/reveal')
  @ApiScope('ops:payload')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiResponse({ status: 200, standardSchema: wholeLetterView, description: 'With all of its body' })
  @ApiProblem(400, 'It does not say why')
  @ApiProblem(404, 'There is no such queue, or no letter in this place')
  async reveal(
    @Param('queue', queueName) queue: string,
    @Param('place', placeName) place: string,
    @Body({ schema: revealRequest }) { note: why }: z.output<typeof revealRequest>,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<WholeLetterView> {
    const { name } = this.places.find(queue);
    const subject = `queues/${name}/dead-letters/${place}`;
    return audited(
      this.database,
      { actor: actorOf(caller), action: 'payload.reveal', subject, note: why },
      async () => {
        const indexed = await readLetter(this.database, name, place);
        const found = indexed && (await this.broker.read(name, place, indexed.messageId));
        if (found) return wholeView(indexed, found, wholeBody);
        throw new Problem(404, 'dead-letter-not-found', `There is no letter at ${place} of ${name} any more.`);
      },
      ({ messageId }) => ({ messageId }),
    );
  }
}
