import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { orderSchema } from '@orderflow/contracts';
import { type Caller, Problem, RequestCaller } from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsBroker } from '../broker/ops-broker.js';
import { OpsDatabase } from '../ops-database.js';
import { type RedactBody, wholeBody } from '../payload/redact-payload.js';
import { Places } from '../places.js';
import { readStory } from '../stories/read-story.js';
import { showOrder } from '../stories/show-order.js';
import { type StoryView, storyView } from '../stories/story-view.js';
import { tellStory } from '../stories/tell-story.js';
import { Apps } from '../workers/apps.js';
import { type RevealRequest, revealRequest } from './ops-requests.js';

const idParameter = { schema: orderSchema.shape.orderId };

/** What happened to an order, across all apps. */
@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/orders')
export class StoriesController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(Apps) private readonly apps: Apps,
    @Inject(OpsBroker) private readonly broker: OpsBroker,
  ) {}

  @Get(':id/story')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: storyView, description: 'Also while an app does not answer: see `why`' })
  @ApiProblem(404, 'Nothing is known of such an order')
  read(@Param('id', idParameter) id: string): Promise<StoryView> {
    return this.#tell(id, this.broker.redact);
  }

  @Post(':id/story/reveal')
  @ApiScope('ops:payload')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiResponse({ status: 200, standardSchema: storyView, description: 'With the whole order' })
  @ApiProblem(400, 'It does not say why')
  @ApiProblem(404, 'Nothing is known of such an order')
  reveal(
    @Param('id', idParameter) id: string,
    @Body({ schema: revealRequest }) { note }: RevealRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<StoryView> {
    const action = { actor: actorOf(caller), action: 'story.reveal', subject: `orders/${id}`, note };
    return audited(this.database, action, () => this.#tell(id, wholeBody));
  }

  async #tell(id: string, show: RedactBody): Promise<StoryView> {
    const { database, apps, places } = this;
    const facts = await readStory({ database, apps, places: places.all }, id);
    if (!facts.order && facts.messages.length === 0 && facts.letters.length === 0) {
      throw new Problem(404, 'order-not-found', `Nothing is known of an order ${id} here.`);
    }
    return { ...tellStory(facts), order: facts.order ? showOrder(facts.order, show) : null };
  }
}
