import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, RequestCaller } from '@orderflow/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsDatabase } from '../ops-database.js';
import { Places } from '../places.js';
import { changeReplay, type ReplayChange } from '../replays/change-replay.js';
import { note, type ReplayRequest, replayRequest } from '../replays/replay-request.js';
import {
  createReplay,
  isOverlap,
  noReplay,
  overlaps,
  readItems,
  readReplay,
  readReplays,
} from '../replays/replay-store.js';
import {
  outcomes,
  type ReplayItems,
  replayItems,
  type ReplayList,
  replayList,
  type ReplayView,
  replayView,
} from '../replays/replay-view.js';
import { pageOf, resourceId } from './ops-requests.js';

const changeRequest = z.strictObject({ note: note.optional() }).prefault({});
type ChangeRequest = z.output<typeof changeRequest>;

const listQuery = z.strictObject({ limit: pageOf(250) });
const itemsQuery = z.strictObject({
  outcome: z.enum(outcomes, `must be one of ${outcomes.join(', ')}`).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, 'must be the nextCursor of an earlier page, unchanged')
    .optional(),
  limit: pageOf(250),
});

@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/replays')
export class ReplaysController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
  ) {}

  @Post()
  @ApiScope('ops:write')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: replayView, description: 'Made, or made before: `Location` follows it' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such selection')
  @ApiProblem(409, 'Another replay has some of the letters, or the selection was used with other settings')
  @ApiProblem(410, 'The selection has expired')
  @ApiProblem(422, 'The selection is empty, or too deep in the queue')
  async create(
    @Body({ schema: replayRequest }) request: ReplayRequest,
    @RequestCaller() caller: Caller | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayView> {
    const { note: why, selectionId, ...details } = request;
    const actor = actorOf(caller);
    const id = await audited(
      this.database,
      { actor, action: 'replay.create', subject: `selections/${selectionId}`, note: why, details },
      () => this.#create(request, actor),
      (replay) => ({ replay }),
    );
    void reply.header('location', `/ops/replays/${id}`);
    return this.read(id);
  }

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: replayList, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  async list(@Query({ schema: listQuery }) { limit }: z.output<typeof listQuery>): Promise<ReplayList> {
    return { items: await readReplays(this.database, limit) };
  }

  @Get(':id')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: replayView })
  @ApiProblem(404, 'There is no such replay')
  async read(@Param('id', resourceId) id: string): Promise<ReplayView> {
    const found = await readReplay(this.database, id);
    if (found) return found;
    throw noReplay(id);
  }

  @Get(':id/items')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: replayItems, description: 'Oldest letter first' })
  @ApiProblem(400, 'The query is invalid')
  @ApiProblem(404, 'There is no such replay')
  async items(
    @Param('id', resourceId) id: string,
    @Query({ schema: itemsQuery }) query: z.output<typeof itemsQuery>,
  ): Promise<ReplayItems> {
    await this.read(id);
    return readItems(this.database, id, query);
  }

  @Post(':id/pause')
  @ApiScope('ops:write')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: replayView, description: 'Paused; what is under way is finished' })
  @ApiProblem(404, 'There is no such replay')
  @ApiProblem(409, 'It has ended')
  pause(
    @Param('id', resourceId) id: string,
    @Body({ schema: changeRequest }) body: ChangeRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<ReplayView> {
    return this.#change(id, 'pause', body, caller);
  }

  @Post(':id/resume')
  @ApiScope('ops:write')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: replayView, description: 'Goes on, without what was not confirmed' })
  @ApiProblem(404, 'There is no such replay')
  @ApiProblem(409, 'It has ended')
  resume(
    @Param('id', resourceId) id: string,
    @Body({ schema: changeRequest }) body: ChangeRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<ReplayView> {
    return this.#change(id, 'resume', body, caller);
  }

  @Post(':id/cancel')
  @ApiScope('ops:write')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: replayView, description: 'Ended; what is under way is finished' })
  @ApiProblem(404, 'There is no such replay')
  @ApiProblem(409, 'It has ended otherwise')
  cancel(
    @Param('id', resourceId) id: string,
    @Body({ schema: changeRequest }) body: ChangeRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<ReplayView> {
    return this.#change(id, 'cancel', body, caller);
  }

  async #create(request: ReplayRequest, actor: string): Promise<string> {
    const targetOf = (queue: string) => this.places.find(queue).target;
    try {
      return await this.database.transaction((tx) => createReplay(tx, request, { actor, targetOf }));
    } catch (error) {
      throw isOverlap(error) ? overlaps(error) : error;
    }
  }

  async #change(
    id: string,
    change: ReplayChange,
    { note: why }: ChangeRequest,
    caller: Caller | undefined,
  ): Promise<ReplayView> {
    const actor = actorOf(caller);
    await audited(this.database, { actor, action: `replay.${change}`, subject: `replays/${id}`, note: why }, () =>
      this.database.transaction((tx) => changeReplay(tx, id, change, why ?? `asked for by ${actor}`)),
    );
    return this.read(id);
  }
}
