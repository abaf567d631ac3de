import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { WholeDeadLetter } from '@orderflow/messaging';
import { Problem, RequestDatabase } from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { readGroup, readGroups, readLetter, readLetters } from '../dead-letter-index/index-query.js';
import { type LettersQuery, lettersQuery } from '../dead-letter-index/letter-filter.js';
import {
  type GroupList,
  groupList,
  type GroupView,
  groupView,
  type LetterPage,
  letterPage,
  type LetterView,
  type WholeLetterView,
  wholeLetterView,
} from '../dead-letter-index/letter-view.js';
import { OpsBroker } from '../broker/ops-broker.js';
import type { ShownBody } from '../payload/redact-payload.js';
import { Places } from '../places.js';
import { type GroupsQuery, groupId, groupsQuery, placeName, queueName } from './ops-requests.js';

@ApiTags('ops')
@ApiProblem(503, 'The database or the broker does not answer')
@Controller('ops')
export class DeadLettersController {
  constructor(
    @Inject(RequestDatabase) private readonly database: RequestDatabase,
    @Inject(Places) private readonly places: Places,
    @Inject(OpsBroker) private readonly broker: OpsBroker,
  ) {}

  @Get('queues/:queue/dead-letters')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: letterPage })
  @ApiProblem(400, 'The query is invalid')
  @ApiProblem(404, 'There is no such queue')
  list(
    @Param('queue', queueName) queue: string,
    @Query({ schema: lettersQuery }) query: LettersQuery,
  ): Promise<LetterPage> {
    return readLetters(this.database, this.places.find(queue).name, query);
  }

  @Get('queues/:queue/dead-letters/:place')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: wholeLetterView, description: 'Also once it is gone' })
  @ApiProblem(404, 'There is no such queue, or nothing was ever in this place')
  async read(
    @Param('queue', queueName) queue: string,
    @Param('place', placeName) place: string,
  ): Promise<WholeLetterView> {
    const { name } = this.places.find(queue);
    const indexed = await readLetter(this.database, name, place);
    if (!indexed) throw new Problem(404, 'dead-letter-not-found', `The index has no letter at ${place} of ${name}.`);
    const found = indexed.gone ? undefined : await this.broker.read(name, place, indexed.messageId);
    return wholeView(indexed, found, this.broker.redact);
  }

  @Get('groups')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: groupList })
  @ApiProblem(400, 'The query is invalid')
  @ApiProblem(404, 'There is no such queue')
  groups(@Query({ schema: groupsQuery }) { queue, sort, limit }: GroupsQuery): Promise<GroupList> {
    const places = queue === undefined ? this.places.all : [this.places.find(queue)];
    return readGroups(this.database, { queues: places.map(({ name }) => name), order: sort, limit });
  }

  @Get('groups/:id')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: groupView })
  @ApiProblem(404, 'There is no such group')
  async group(@Param('id', groupId) id: string): Promise<GroupView> {
    const found = await readGroup(this.database, id);
    if (found) return found;
    throw new Problem(404, 'group-not-found', `There is no group ${id} here.`);
  }
}

/** A letter with its message, which is null where there is none any more. */
export function wholeView(
  letter: LetterView,
  found: WholeDeadLetter | undefined,
  show: (envelope: WholeDeadLetter['envelope']) => ShownBody,
): WholeLetterView {
  const { group, orderId } = letter;
  const links = { group: `/ops/groups/${group}`, ...(orderId && { order: `/orders/${encodeURIComponent(orderId)}` }) };
  if (!found) return { ...letter, message: null, links };
  const { source, time, contentType, headers } = found.envelope;
  const message = { source, time, contentType, headers: { ...headers }, ...show(found.envelope) };
  return { ...letter, message, links };
}
