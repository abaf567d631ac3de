import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, MessagingResources, Problem, RequestCaller, requireScope } from '@orderflow/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsBroker } from '../broker/ops-broker.js';
import { OpsCipher } from '../copies/ops-cipher.js';
import { exportLines, type ExportLinesOptions } from '../exports/export-lines.js';
import {
  createExport,
  type ExportList,
  exportList,
  type ExportRequest,
  exportRequest,
  type ExportView,
  exportView,
  noExport,
  readExports,
  type RestoredExportView,
  restoredExportView,
} from '../exports/export-store.js';
import { restoreExport } from '../restores/restore-export.js';
import { OpsDatabase } from '../ops-database.js';
import { wholeBody } from '../payload/redact-payload.js';
import { Places } from '../places.js';
import {
  pageOf,
  resourceId,
  type RestoreRequest,
  restoreRequest,
  type RevealRequest,
  revealRequest,
} from './ops-requests.js';
import { RestoreRoute } from './restore-route.js';

const listQuery = z.strictObject({ limit: pageOf(250) });
const ndjson = 'application/x-ndjson';

/** Copies of letters that stay where they are, for whoever wants them, or to be sent again. */
@ApiTags('ops')
@ApiProblem(503, 'The database or the broker does not answer, or there is no key for copies')
@Controller('ops/exports')
export class ExportsController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(OpsCipher) private readonly cipher: OpsCipher,
    @Inject(Places) private readonly places: Places,
    @Inject(MessagingResources) private readonly resources: MessagingResources,
    @Inject(OpsBroker) private readonly broker: OpsBroker,
  ) {}

  @Post()
  @ApiScope('ops:payload')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: exportView, description: 'Made, or made before: `Location` follows it' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such selection')
  @ApiProblem(410, 'The selection has expired')
  @ApiProblem(422, 'The selection is empty')
  async create(
    @Body({ schema: exportRequest }) request: ExportRequest,
    @RequestCaller() caller: Caller | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExportView> {
    this.cipher.require();
    const { note: why, selectionId } = request;
    const actor = actorOf(caller);
    const id = await audited(
      this.database,
      { actor, action: 'export.create', subject: `selections/${selectionId}`, note: why },
      () => this.database.transaction((tx) => createExport(tx, request, actor)),
      (made) => ({ export: made }),
    );
    void reply.header('location', `/ops/exports/${id}`);
    return this.read(id);
  }

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: exportList, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  async list(@Query({ schema: listQuery }) { limit }: z.output<typeof listQuery>): Promise<ExportList> {
    return { items: await readExports(this.database, { limit }) };
  }

  @Get(':id')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: exportView })
  @ApiProblem(404, 'There is no such export')
  async read(@Param('id', resourceId) id: string): Promise<ExportView> {
    const [found] = await readExports(this.database, { id });
    if (found) return found;
    throw noExport(id);
  }

  @Get(':id/letters')
  @ApiScope('ops:payload')
  @Header('cache-control', 'no-store')
  @ApiProduces(ndjson)
  @ApiResponse({ status: 200, description: 'A line a letter, without what its contract calls sensitive' })
  @ApiProblem(404, 'There is no such export')
  letters(@Param('id', resourceId) id: string, @RequestCaller() caller: Caller | undefined): Promise<StreamableFile> {
    return this.#download(id, { actor: actorOf(caller), action: 'export.download' }, this.broker.redact);
  }

  @Post(':id/reveal')
  @ApiScope('ops:payload')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiProduces(ndjson)
  @ApiResponse({ status: 200, description: 'The same with whole bodies' })
  @ApiProblem(400, 'It does not say why')
  @ApiProblem(404, 'There is no such export')
  reveal(
    @Param('id', resourceId) id: string,
    @Body({ schema: revealRequest }) { note: why }: RevealRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<StreamableFile> {
    return this.#download(id, { actor: actorOf(caller), action: 'export.reveal', note: why }, wholeBody);
  }

  @RestoreRoute({
    path: ':id/restore',
    scope: 'ops:payload',
    answer: restoredExportView,
    description: 'What is gone was sent to its queue again; safe to repeat. Needs `ops:write` as well',
    unknown: 'There is no such export, or its queue is not operated any more',
    refused: 'It has not ended yet',
  })
  async restore(
    @Param('id', resourceId) id: string,
    @Body({ schema: restoreRequest }) { note: why }: RestoreRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<RestoredExportView> {
    if (caller) requireScope(caller, 'ops:write');
    const cipher = this.cipher.require();
    const owner = await this.read(id);
    const { target } = this.places.find(owner.queue);
    const action = { actor: actorOf(caller), action: 'export.restore', subject: `exports/${id}`, note: why };
    const { present, sentOtherwise } = await audited(
      this.database,
      action,
      async () => {
        if (owner.state === 'running') {
          throw new Problem(409, 'export-running', `Export ${id} has not ended. Wait for it, then restore.`);
        }
        const { messaging, transport } = this.resources;
        const { deadLetters } = this.broker;
        return restoreExport({ messaging, transport, deadLetters, cipher, owner, target });
      },
      ({ restored, ...leftOut }) => ({ letters: restored, ...leftOut }),
    );
    return { ...(await this.read(id)), present, sentOtherwise };
  }

  async #download(
    id: string,
    who: { readonly actor: string; readonly action: string; readonly note?: string },
    show: ExportLinesOptions['show'],
  ): Promise<StreamableFile> {
    const cipher = this.cipher.require();
    const work = () => this.read(id);
    const { exported } = await audited(this.database, { ...who, subject: `exports/${id}` }, work, (found) => ({
      letters: found.exported,
    }));
    const lines = Readable.from(exportLines({ db: this.database, cipher, id, show }));
    const name = `export-${id}-${exported}.ndjson`;
    return new StreamableFile(lines, { type: ndjson, disposition: `attachment; filename="${name}"` });
  }
}
