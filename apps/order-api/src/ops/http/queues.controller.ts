import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequestDatabase } from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import type { OpsPlace } from '../ops-variables.js';
import { Places } from '../places.js';
import { readHistory } from '../queues/count-store.js';
import { readQueues } from '../queues/queue-store.js';
import {
  type QueueHistory,
  queueHistory,
  type QueueList,
  queueList,
  type QueueView,
  queueView,
} from '../queues/queue-view.js';
import { ConsumerStates } from '../workers/consumer-states.js';
import { type HistoryQuery, historyQuery, noQuery, queueName } from './ops-requests.js';

@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/queues')
export class QueuesController {
  constructor(
    @Inject(RequestDatabase) private readonly database: RequestDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(ConsumerStates) private readonly consumers: ConsumerStates,
  ) {}

  @Get()
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: queueList })
  async list(@Query({ schema: noQuery }) _query: unknown): Promise<QueueList> {
    return { items: await this.#read(this.places.all) };
  }

  @Get(':queue')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: queueView })
  @ApiProblem(404, 'There is no such queue')
  async read(@Param('queue', queueName) queue: string): Promise<QueueView> {
    const [found] = await this.#read([this.places.find(queue)]);
    if (!found) throw new Error(`Queue "${queue}" was asked for and not answered.`);
    return found;
  }

  @Get(':queue/history')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: queueHistory })
  @ApiProblem(400, 'The query is invalid')
  @ApiProblem(404, 'There is no such queue')
  async history(
    @Param('queue', queueName) queue: string,
    @Query({ schema: historyQuery }) { from, to, step }: HistoryQuery,
  ): Promise<QueueHistory> {
    const range = { from: new Date(from), to: to === undefined ? new Date() : new Date(to), stepMs: step * 1_000 };
    const items = await readHistory(this.database, this.places.find(queue).name, range);
    return { items: items.map(({ at, ...counts }) => ({ ...counts, at: at.toISOString() })) };
  }

  /** What the database knows, and how the consumers are, asked at the same time. */
  async #read(places: readonly OpsPlace[]): Promise<QueueView[]> {
    const [known, consumers] = await Promise.all([
      readQueues(this.database, places),
      Promise.all(places.map(({ name }) => this.consumers.of(name))),
    ]);
    return known.map((queue, n) => ({ ...queue, consumer: consumers[n] ?? null }));
  }
}
