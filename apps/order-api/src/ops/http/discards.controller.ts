import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, MessagingResources, Problem, RequestCaller } from '@orderflow/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import {
  createDiscard,
  type DiscardRequest,
  discardRequest,
  type DiscardView,
  discardView,
  isDiscardOverlap,
  noDiscard,
  overlapping,
  readDiscards,
  type RestoredDiscardView,
  restoredDiscardView,
} from '../discards/discard-store.js';
import { restoreDiscard } from '../restores/restore-discard.js';
import { OpsCipher } from '../copies/ops-cipher.js';
import { OpsDatabase } from '../ops-database.js';
import { Places } from '../places.js';
import { pageOf, resourceId, type RestoreRequest, restoreRequest } from './ops-requests.js';
import { RestoreRoute } from './restore-route.js';

const listQuery = z.strictObject({ limit: pageOf(250) });
const discardList = z.object({ items: z.array(discardView) }).meta({ id: 'Discards' });

@ApiTags('ops')
@ApiProblem(503, 'The database or the broker does not answer, or there is no key for copies')
@Controller('ops/discards')
export class DiscardsController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(OpsCipher) private readonly cipher: OpsCipher,
    @Inject(MessagingResources) private readonly resources: MessagingResources,
  ) {}

  @Post()
  @ApiScope('ops:discard')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: discardView, description: 'Made, or made before: `Location` follows it' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such selection')
  @ApiProblem(409, 'A replay or another discard has some of the letters')
  @ApiProblem(410, 'The selection has expired')
  @ApiProblem(422, 'The count is another, or the selection is empty or too deep in the queue')
  async create(
    @Body({ schema: discardRequest }) request: DiscardRequest,
    @RequestCaller() caller: Caller | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DiscardView> {
    this.cipher.require();
    const { note: why, selectionId, confirm } = request;
    const actor = actorOf(caller);
    const action = { actor, action: 'discard.create', subject: `selections/${selectionId}`, note: why };
    const id = await audited(
      this.database,
      { ...action, details: { confirm } },
      () => this.#create(request, actor),
      (discard) => ({ discard }),
    );
    void reply.header('location', `/ops/discards/${id}`);
    return this.read(id);
  }

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: discardList, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  async list(@Query({ schema: listQuery }) { limit }: z.output<typeof listQuery>) {
    return { items: await readDiscards(this.database, { limit }) };
  }

  @Get(':id')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: discardView })
  @ApiProblem(404, 'There is no such discard')
  async read(@Param('id', resourceId) id: string): Promise<DiscardView> {
    const [found] = await readDiscards(this.database, { id });
    if (found) return found;
    throw noDiscard(id);
  }

  @RestoreRoute({
    path: ':id/restore',
    scope: 'ops:discard',
    answer: restoredDiscardView,
    description: 'Sent to its queue again; safe to repeat',
    unknown: 'There is no such discard',
    refused: 'It has not ended yet',
  })
  async restore(
    @Param('id', resourceId) id: string,
    @Body({ schema: restoreRequest }) { note: why }: RestoreRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<RestoredDiscardView> {
    const cipher = this.cipher.require();
    const discard = await this.read(id);
    const action = { actor: actorOf(caller), action: 'discard.restore', subject: `discards/${id}`, note: why };
    const { sentOtherwise } = await audited(
      this.database,
      action,
      async () => {
        if (discard.state === 'running') {
          throw new Problem(409, 'discard-running', `Discard ${id} has not ended. Wait for it, then restore.`);
        }
        const { messaging, transport } = this.resources;
        return restoreDiscard({ messaging, transport, cipher, discard });
      },
      ({ restored, ...leftOut }) => ({ letters: restored, ...leftOut }),
    );
    return { ...(await this.read(id)), sentOtherwise };
  }

  async #create(request: DiscardRequest, actor: string): Promise<string> {
    const targetOf = (queue: string) => this.places.find(queue).target;
    try {
      return await this.database.transaction((tx) => createDiscard(tx, request, { actor, targetOf }));
    } catch (error) {
      throw isDiscardOverlap(error) ? overlapping(error) : error;
    }
  }
}
