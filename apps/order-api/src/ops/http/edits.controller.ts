import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Envelope } from '@orderflow/messaging';
import { type Caller, MessagingResources, Problem, RequestCaller, requireScope } from '@orderflow/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsBroker } from '../broker/ops-broker.js';
import { readLetter } from '../dead-letter-index/index-query.js';
import { OpsCipher } from '../copies/ops-cipher.js';
import { type EditRequest, editRequest } from '../edits/edit-request.js';
import {
  createEdit,
  type EditedLetter,
  messagesOf,
  noEdit,
  readEdits,
  sameEdit,
  viewOfEdit,
} from '../edits/edit-store.js';
import {
  type EditList,
  editList,
  type EditView,
  editView,
  type WholeEditView,
  wholeEditView,
} from '../edits/edit-view.js';
import { editedEnvelope } from '../edits/check-edit.js';
import { restoreEdit } from '../restores/restore-edit.js';
import { OpsDatabase } from '../ops-database.js';
import { wholeBody } from '../payload/redact-payload.js';
import { Places } from '../places.js';
import {
  pageOf,
  placeName,
  queueName,
  resourceId,
  type RestoreRequest,
  restoreRequest,
  type RevealRequest,
  revealRequest,
} from './ops-requests.js';
import { RestoreRoute } from './restore-route.js';

const listQuery = z.strictObject({ limit: pageOf(250) });

/** Dead letters that are mended by hand. */
@ApiTags('ops')
@ApiProblem(503, 'The database or the broker does not answer, or there is no key for copies')
@Controller('ops')
export class EditsController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(OpsBroker) private readonly broker: OpsBroker,
    @Inject(OpsCipher) private readonly cipher: OpsCipher,
    @Inject(MessagingResources) private readonly resources: MessagingResources,
  ) {}

  @Post('queues/:queue/dead-letters/:place/edit')
  @ApiScope('ops:payload')
  @HttpCode(202)
  @ApiResponse({
    status: 202,
    standardSchema: editView,
    description: 'Made, or made before: `Location` follows it. Needs `ops:write` as well',
  })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such queue, or no letter in this place')
  @ApiProblem(409, 'A replay, a discard or another edit has the letter')
  @ApiProblem(422, 'The body is not what its contract says, or there is no contract')
  async create(
    @Param('queue', queueName) queue: string,
    @Param('place', placeName) place: string,
    @Body({ schema: editRequest }) request: EditRequest,
    @RequestCaller() caller: Caller | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EditView> {
    if (caller) requireScope(caller, 'ops:write');
    this.cipher.require();
    const { name, target } = this.places.find(queue);
    const actor = actorOf(caller);
    const details = { properties: Object.keys(request.properties) };
    const subject = `queues/${name}/dead-letters/${place}`;
    const id = await audited(
      this.database,
      { actor, action: 'edit.create', subject, note: request.note, details },
      () => this.#create({ queue: name, target, place }, request, actor),
      (edit) => ({ edit }),
    );
    void reply.header('location', `/ops/edits/${id}`);
    return this.read(id);
  }

  @Get('edits')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: editList, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  async list(@Query({ schema: listQuery }) { limit }: z.output<typeof listQuery>): Promise<EditList> {
    return { items: (await readEdits(this.database, { limit })).map(viewOfEdit) };
  }

  @Get('edits/:id')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: editView })
  @ApiProblem(404, 'There is no such edit')
  async read(@Param('id', resourceId) id: string): Promise<EditView> {
    const [found] = await readEdits(this.database, { id });
    if (found) return viewOfEdit(found);
    throw noEdit(id);
  }

  @Post('edits/:id/reveal')
  @ApiScope('ops:payload')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiResponse({ status: 200, standardSchema: wholeEditView, description: 'With both messages' })
  @ApiProblem(400, 'It does not say why')
  @ApiProblem(404, 'There is no such edit')
  async reveal(
    @Param('id', resourceId) id: string,
    @Body({ schema: revealRequest }) { note: why }: RevealRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<WholeEditView> {
    const cipher = this.cipher.require();
    const action = { actor: actorOf(caller), action: 'edit.reveal', subject: `edits/${id}`, note: why };
    return audited(this.database, action, async () => {
      const [found] = await readEdits(this.database, { id });
      if (!found) throw noEdit(id);
      const messages = messagesOf(found, cipher);
      const shown = (which: 'original' | 'edited') => (messages ? messageView(messages[which]) : null);
      return { ...viewOfEdit(found), original: shown('original'), edited: shown('edited') };
    });
  }

  @RestoreRoute({
    path: 'edits/:id/restore',
    scope: 'ops:payload',
    answer: editView,
    description: 'The original was sent to its queue again; safe to repeat. Needs `ops:write` as well',
    unknown: 'There is no such edit',
    refused: 'It has not ended yet, or the original is a dead letter or was sent by something else',
  })
  @ApiProblem(410, 'Its messages were removed')
  async restore(
    @Param('id', resourceId) id: string,
    @Body({ schema: restoreRequest }) { note: why }: RestoreRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<EditView> {
    if (caller) requireScope(caller, 'ops:write');
    const cipher = this.cipher.require();
    const edit = await this.read(id);
    const { messaging, transport } = this.resources;
    const { deadLetters } = this.broker;
    await audited(
      this.database,
      { actor: actorOf(caller), action: 'edit.restore', subject: `edits/${id}`, note: why },
      () => restoreEdit({ messaging, transport, deadLetters, cipher, edit }),
      (letters) => ({ letters }),
    );
    return this.read(id);
  }

  async #create(
    { queue, target, place }: Pick<EditedLetter, 'queue' | 'target' | 'place'>,
    request: EditRequest,
    actor: string,
  ): Promise<string> {
    const cipher = this.cipher.require();
    const indexed = await readLetter(this.database, queue, place);
    const same = indexed && (await sameEdit(this.database, indexed, request, cipher));
    if (same !== undefined) return same;
    const found = indexed && (await this.broker.read(queue, place, indexed.messageId));
    if (!found) {
      throw new Problem(404, 'dead-letter-not-found', `There is no letter at ${place} of ${queue} any more.`);
    }
    const original = found.envelope;
    this.broker.checkEdit(editedEnvelope(original, request, original.id), request.body);
    const letter = { queue, target, place, original, request };
    return this.database.transaction((tx) => createEdit(tx, letter, { actor, cipher }));
  }
}

function messageView(envelope: Envelope): NonNullable<WholeEditView['original']> {
  const { id, source, time, contentType, headers } = envelope;
  return { id, source, time, contentType, headers: { ...headers }, body: wholeBody(envelope).body };
}
