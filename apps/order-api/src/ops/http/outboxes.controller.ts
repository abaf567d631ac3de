import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  type Caller,
  RequestCaller,
  type SetAsideQuery,
  setAsideQuery,
  type SetAsideRequest,
  setAsideRequest,
} from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsDatabase } from '../ops-database.js';
import type { AppOps } from '../workers/app-ops.js';
import { Apps } from '../workers/apps.js';
import {
  type OutboxList,
  outboxList,
  type OutboxSummary,
  type OutboxView,
  outboxView,
  type SetAsideChange,
  setAsideChange,
} from '../workers/outbox-view.js';
import { appName, noQuery } from './ops-requests.js';

/** What apps have not sent, and what is to become of what no broker took. Each app is asked for its own. */
@ApiTags('ops')
@ApiProblem(503, 'The database, or the app that was asked for, does not answer')
@Controller('ops/outbox')
export class OutboxesController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Apps) private readonly apps: Apps,
  ) {}

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: outboxList, description: 'Also of apps that do not answer' })
  async list(@Query({ schema: noQuery }) _query: unknown): Promise<OutboxList> {
    return { items: await Promise.all(this.apps.all.map(summaryOf)) };
  }

  @Get(':app')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: outboxView })
  @ApiProblem(400, 'The query is invalid')
  @ApiProblem(404, 'There is no such app')
  async read(
    @Param('app', appName) name: string,
    @Query({ schema: setAsideQuery }) query: SetAsideQuery,
  ): Promise<OutboxView> {
    const app = this.apps.find(name);
    return { app: app.name, ...(await app.outbox(query)) } as OutboxView;
  }

  @Post(':app/resend')
  @ApiScope('ops:write')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: setAsideChange, description: 'They leave in the order of their keys' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such app')
  resend(
    @Param('app', appName) name: string,
    @Body({ schema: setAsideRequest }) request: SetAsideRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<SetAsideChange> {
    return this.#change(name, 'resend', request, caller);
  }

  @Post(':app/drop')
  @ApiScope('ops:discard')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: setAsideChange, description: 'Gone for good' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such app')
  drop(
    @Param('app', appName) name: string,
    @Body({ schema: setAsideRequest }) request: SetAsideRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<SetAsideChange> {
    return this.#change(name, 'drop', request, caller);
  }

  async #change(
    name: string,
    change: 'resend' | 'drop',
    request: SetAsideRequest,
    caller: Caller | undefined,
  ): Promise<SetAsideChange> {
    const app = this.apps.find(name);
    const { ids, note } = request;
    const action = { actor: actorOf(caller), action: `outbox.${change}`, subject: `outbox/${app.name}`, note };
    const messages = await audited(
      this.database,
      { ...action, details: { ids } },
      () => app[change](request),
      (count) => ({ messages: count }),
    );
    return { app: app.name, messages };
  }
}

/** One app that does not answer hides no other. */
async function summaryOf(app: AppOps): Promise<OutboxSummary> {
  try {
    const { waiting, held, setAside } = await app.outbox({ limit: 1 });
    const { keys, messages } = held;
    return { app: app.name, outbox: { waiting, held: { keys, messages }, setAside: { total: setAside.total } } };
  } catch (error) {
    return { app: app.name, trouble: (error as Error).message, outbox: null };
  }
}
