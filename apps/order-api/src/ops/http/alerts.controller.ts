import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, RequestCaller } from '@orderflow/service-kit';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { muteAlert, readAlerts } from '../alerts/alert-store.js';
import { type AlertPage, alertPage, type AlertView, alertView } from '../alerts/alert-view.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsDatabase } from '../ops-database.js';
import { Places } from '../places.js';
import { note } from '../replays/replay-request.js';
import { instant, pageOf, resourceId, timeCursor } from './ops-requests.js';

const alertsQuery = z.strictObject({
  state: z.enum(['open', 'recovered'], 'must be open or recovered').optional(),
  queue: z.string().min(1).max(260).optional(),
  cursor: timeCursor,
  limit: pageOf(250),
});

const longestMuteDays = 30;
const range = `must be after now and in ${longestMuteDays} days at most, or null to end it`;
const muteRequest = z.strictObject({
  until: instant.nullable().refine((until) => {
    const ms = until === null ? 1 : Date.parse(until) - Date.now();
    return ms > 0 && ms <= longestMuteDays * 86_400_000;
  }, range),
  note,
});

@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/alerts')
export class AlertsController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
  ) {}

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: alertPage, description: 'The one that began last first' })
  @ApiProblem(400, 'The query is invalid')
  @ApiProblem(404, 'There is no such queue')
  list(@Query({ schema: alertsQuery }) { queue, ...query }: z.output<typeof alertsQuery>): Promise<AlertPage> {
    return readAlerts(this.database, { ...query, queue: queue && this.places.find(queue).name });
  }

  @Post(':id/mute')
  @ApiScope('ops:write')
  @HttpCode(200)
  @ApiResponse({
    status: 200,
    standardSchema: alertView,
    description: 'Nobody is told of it, nor of later ones of its kind and queue, before then; safe to repeat',
  })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such alert')
  mute(
    @Param('id', resourceId) id: string,
    @Body({ schema: muteRequest }) { until, note: why }: z.output<typeof muteRequest>,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<AlertView> {
    const action = { actor: actorOf(caller), action: 'alert.mute', subject: `alerts/${id}`, note: why };
    return audited(this.database, { ...action, details: { until } }, () =>
      muteAlert(this.database, id, until === null ? null : new Date(until)),
    );
  }
}
