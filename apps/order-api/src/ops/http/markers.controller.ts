import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, RequestCaller } from '@orderflow/service-kit';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { addMarker, readMarkers } from '../markers/marker-store.js';
import { type MarkerPage, markerPage, type MarkerView, markerView } from '../markers/marker-view.js';
import { OpsDatabase } from '../ops-database.js';
import { instant, pageOf, timeCursor } from './ops-requests.js';

const text = (longest: number) =>
  z
    .string()
    .min(1, `must be 1 to ${longest} characters`)
    .max(longest, `must be 1 to ${longest} characters`)
    .refine((it) => it.isWellFormed() && !it.includes('\u0000'), 'must not contain NUL or half a character');

const markerRequest = z.strictObject({
  title: text(200),
  service: text(100).optional(),
  version: text(100).optional(),
  at: instant.optional(),
});
const markersQuery = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  service: text(100).optional(),
  cursor: timeCursor,
  limit: pageOf(250),
});

@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/markers')
export class MarkersController {
  constructor(@Inject(OpsDatabase) private readonly database: OpsDatabase) {}

  @Post()
  @ApiScope('ops:write')
  @ApiResponse({ status: 201, standardSchema: markerView, description: 'What a chart shows beside its lines' })
  @ApiProblem(400, 'The request is invalid')
  create(
    @Body({ schema: markerRequest }) marker: z.output<typeof markerRequest>,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<MarkerView> {
    const actor = actorOf(caller);
    return audited(
      this.database,
      { actor, action: 'marker.create', subject: 'markers', details: marker },
      () => addMarker(this.database, { ...marker, actor }),
      ({ id }) => ({ marker: id }),
    );
  }

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: markerPage, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  list(@Query({ schema: markersQuery }) query: z.output<typeof markersQuery>): Promise<MarkerPage> {
    return readMarkers(this.database, query);
  }
}
