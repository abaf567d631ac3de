import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, Problem, RequestCaller } from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { readGroup, readGroups, readLetter, readLetters } from '../dead-letter-index/index-query.js';
import { type LettersQuery, lettersQuery } from '../dead-letter-index/letter-filter.js';
import {
  type GroupList,
  groupList,
  type GroupView,
  groupView,
  type LetterPage,
  letterPage,
  type WholeLetterView,
  wholeLetterView,
} from '../dead-letter-index/letter-view.js';
import { OpsBroker } from '../broker/ops-broker.js';
import { OpsDatabase } from '../ops-database.js';
import { type RedactBody, wholeBody } from '../payload/redact-payload.js';
import { Places } from '../places.js';
import {
  type GroupsQuery,
  groupId,
  groupsQuery,
  placeName,
  queueName,
  type RevealRequest,
  revealRequest,
} from './ops-requests.js';

@ApiTags('ops')
@ApiProblem(503, 'The database or the broker does not answer')
@Controller('ops')
export class DeadLettersController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
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
    return this.#read(this.places.find(queue).name, place, this.broker.redact);
  }

  @Post('queues/:queue/dead-letters/:place/reveal')
  @ApiScope('ops:payload')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiResponse({ status: 200, standardSchema: wholeLetterView, description: 'With all of its body' })
  @ApiProblem(400, 'It does not say why')
  @ApiProblem(404, 'There is no such queue, or no letter in this place')
  async reveal(
    @Param('queue', queueName) queue: string,
    @Param('place', placeName) place: string,
    @Body({ schema: revealRequest }) { note: why }: RevealRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<WholeLetterView> {
    const { name } = this.places.find(queue);
    const subject = `queues/${name}/dead-letters/${place}`;
    return audited(
      this.database,
      { actor: actorOf(caller), action: 'payload.reveal', subject, note: why },
      async () => {
        const letter = await this.#read(name, place, wholeBody);
        if (letter.message) return letter;
        throw new Problem(404, 'dead-letter-not-found', `There is no letter at ${place} of ${name} any more.`);
      },
      ({ messageId }) => ({ messageId }),
    );
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

  /** A letter with its message, which is null where there is none any more. */
  async #read(queue: string, place: string, show: RedactBody): Promise<WholeLetterView> {
    const letter = await readLetter(this.database, queue, place);
    if (!letter) throw new Problem(404, 'dead-letter-not-found', `The index has no letter at ${place} of ${queue}.`);
    const found = letter.gone ? undefined : await this.broker.read(queue, place, letter.messageId);
    const { group, orderId } = letter;
    const links = {
      group: `/ops/groups/${group}`,
      ...(orderId && { order: `/orders/${encodeURIComponent(orderId)}` }),
    };
    if (!found) return { ...letter, message: null, links };
    const { source, time, contentType, headers } = found.envelope;
    return {
      ...letter,
      message: { source, time, contentType, headers: { ...headers }, ...show(found.envelope) },
      links,
    };
  }
}
