import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, RequestCaller } from '@orderflow/service-kit';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsDatabase } from '../ops-database.js';
import { Places } from '../places.js';
import { note } from '../replays/replay-request.js';
import { Apps } from '../workers/apps.js';
import { type ConsumerView, consumerView } from '../workers/consumer-view.js';
import { ConsumerStates } from '../workers/consumer-states.js';
import { queueName } from './ops-requests.js';

const pauseRequest = z.strictObject({ note });
const resumeRequest = z.strictObject({ note: note.optional() }).prefault({});

/** Pauses the consuming of a queue by every replica of its app, and ends that. */
@ApiTags('ops')
@ApiProblem(503, 'The database, or the app that consumes the queue, does not answer')
@Controller('ops/queues')
export class PausesController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(Apps) private readonly apps: Apps,
    @Inject(ConsumerStates) private readonly states: ConsumerStates,
  ) {}

  @Post(':queue/pause')
  @ApiScope('ops:write')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: consumerView, description: 'Every replica pauses within two seconds' })
  @ApiProblem(400, 'It does not say why')
  @ApiProblem(404, 'There is no such queue, or nobody is known to consume it')
  pause(
    @Param('queue', queueName) queue: string,
    @Body({ schema: pauseRequest }) { note: why }: z.output<typeof pauseRequest>,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<ConsumerView> {
    return this.#change(queue, { change: 'pause', why, actor: actorOf(caller) });
  }

  @Post(':queue/resume')
  @ApiScope('ops:write')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: consumerView, description: 'Also where nobody had paused it' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such queue, or nobody is known to consume it')
  resume(
    @Param('queue', queueName) queue: string,
    @Body({ schema: resumeRequest }) { note: why }: z.output<typeof resumeRequest>,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<ConsumerView> {
    return this.#change(queue, { change: 'resume', why, actor: actorOf(caller) });
  }

  async #change(
    queue: string,
    order: { readonly change: 'pause' | 'resume'; readonly why: string | undefined; readonly actor: string },
  ): Promise<ConsumerView> {
    const { name } = this.places.find(queue);
    const app = this.apps.requireConsumer(name);
    const { change, why, actor } = order;
    const action = { actor, action: `queue.${change}`, subject: `queues/${name}`, note: why };
    const work = () => (change === 'pause' ? app.pause(why ?? '') : app.resume());
    await audited(this.database, { ...action, details: { app: app.name } }, work);
    this.states.forget(name);
    const state = await this.states.of(name);
    if (!state) throw new Error(`The consumer of "${name}" was found and is not known.`);
    return state;
  }
}
