import { Body, Controller, Get, HttpCode, Logger, Post, Query } from '@nestjs/common';
import { RequestCaller, RequireScope } from '../access/declare-access.js';
import type { Caller } from '../access/scopes.js';
import { MessagingResources } from './messaging-resources.js';
import { type SetAsideQuery, setAsideQuery, type SetAsideRequest, setAsideRequest } from './ops-requests.js';
import { type OutboxReport, readOutbox } from './outbox-report.js';

/** How many messages an order was carried out on: ids that are not set aside any more do not count. */
interface Changed {
  readonly messages: number;
}

/** For operators, and for order-api: what this app has not sent, and what is to become of what no broker took. */
@Controller('ops/outbox')
export class OutboxController {
  readonly #logger = new Logger(OutboxController.name);

  constructor(private readonly resources: MessagingResources) {}

  @Get()
  @RequireScope('ops:read')
  show(@Query({ schema: setAsideQuery }) query: SetAsideQuery): Promise<OutboxReport> {
    return readOutbox(this.resources, query);
  }

  @Post('resend')
  @RequireScope('ops:write')
  @HttpCode(200)
  async resend(
    @Body({ schema: setAsideRequest }) request: SetAsideRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<Changed> {
    const messages = await this.#admit(({ setAside }) => setAside.resend(request.ids));
    this.#log('messages that were set aside are sent again', request, messages, caller);
    return { messages };
  }

  @Post('drop')
  @RequireScope('ops:discard')
  @HttpCode(200)
  async drop(
    @Body({ schema: setAsideRequest }) request: SetAsideRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<Changed> {
    const messages = await this.#admit(({ setAside }) => setAside.drop(request.ids));
    this.#log('messages that were set aside are gone', request, messages, caller);
    return { messages };
  }

  /** Within the share of connections that requests have. */
  #admit<R>(work: (outbox: MessagingResources['messaging']['outbox']) => Promise<R>): Promise<R> {
    const { requests, messaging } = this.resources;
    return requests.admit(() => work(messaging.outbox));
  }

  #log(what: string, { ids, note }: SetAsideRequest, messages: number, caller: Caller | undefined): void {
    const by = caller ? `${caller.client} ${caller.subject}` : 'local';
    this.#logger.warn({ ids, note, messages, by }, what);
  }
}
