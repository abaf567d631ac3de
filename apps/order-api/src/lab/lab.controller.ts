import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Logger,
  type OnModuleDestroy,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiProblem } from '../openapi/api-problem.js';
import { ApiScope } from '../openapi/api-scope.js';
import { Problem } from '@orderflow/service-kit';
import { answerBatch, whenClientLeaves } from './answer-batch.js';
import { LAB_QUEUE, type LabBatch, type LabQueue } from './lab-queue.js';
import { type PeekQuery, peekQuery, type ReceiveQuery, receiveQuery, textOfBody } from './lab-requests.js';

const texts = z.array(z.string());

/** Longest time one `/receive` collects, in ms: under a steady stream no idle moment ever comes. */
const collectMs = 120_000;

/** The messaging lab: put texts on a queue and take them off again, with nothing in between. */
@ApiTags('lab')
@ApiProblem(503, 'The broker does not answer')
@Controller()
export class LabController implements OnModuleDestroy {
  readonly #logger = new Logger(LabController.name);
  readonly #stopping = new AbortController();
  constructor(@Inject(LAB_QUEUE) private readonly queue: LabQueue) {}

  @Post('send')
  @ApiScope('lab')
  @HttpCode(200)
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiConsumes('text/plain')
  @ApiProduces('text/plain')
  @ApiBody({ schema: { type: 'string', example: 'Hello world!' } })
  @ApiResponse({ status: 200, schema: { type: 'string', enum: ['true'] }, description: 'The broker has stored it' })
  @ApiProblem(400, 'The body is not text in UTF-8')
  @ApiProblem(413, 'The body is too large')
  async send(@Body() body: unknown): Promise<string> {
    await reach(this.queue.send(textOfBody(body)));
    return 'true';
  }

  // HEAD would take messages off the queue and show them to nobody.
  @Get('receive')
  @ApiScope('lab', { config: { withoutHead: true } })
  @ApiResponse({ status: 200, standardSchema: texts, description: 'Taken from the queue, oldest first' })
  @ApiProblem(400, 'The query is invalid')
  async receive(@Query({ schema: receiveQuery }) { idleTimeout, max }: ReceiveQuery, @Res() reply: FastifyReply) {
    const gone = whenClientLeaves(reply.raw);
    const signal = AbortSignal.any([gone, this.#stopping.signal, AbortSignal.timeout(collectMs)]);
    const batch = await reach(this.queue.receive({ idleTimeoutMs: idleTimeout * 1_000, max, signal }));
    reply.hijack();
    await this.#settle(reply, batch, gone);
  }

  @Get('peek')
  @ApiScope('lab')
  @ApiResponse({ status: 200, standardSchema: texts, description: 'Still on the queue, oldest first' })
  @ApiProblem(400, 'The query is invalid')
  async peek(@Query({ schema: peekQuery }) { max }: PeekQuery): Promise<readonly string[]> {
    return reach(this.queue.peek({ max }));
  }

  /** A stop does not wait for an idle moment: `/receive` answers with what it has. */
  onModuleDestroy(): void {
    this.#stopping.abort();
  }

  /** What fails here cannot be answered any more; the messages stay in the queue, or return to it. */
  async #settle({ raw }: FastifyReply, batch: LabBatch, gone: AbortSignal): Promise<void> {
    try {
      await (gone.aborted ? batch.release() : answerBatch(raw, batch));
    } catch (error) {
      this.#logger.warn({ err: error }, 'lab messages return to the queue');
    }
  }
}

async function reach<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const detail =
      'The broker did not confirm. What was to be sent may or may not be there; what was held returns to the queue.';
    throw new Problem(503, 'broker-unavailable', detail, { cause: error, headers: { 'retry-after': '5' } });
  }
}
