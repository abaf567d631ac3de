import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, RequestCaller } from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf, audited } from '../audit/audit-log.js';
import { OpsDatabase } from '../ops-database.js';
import { Places } from '../places.js';
import { freeze, noSelection, readSelection } from '../selections/selection-store.js';
import { type SelectionView, selectionView } from '../selections/selection-view.js';
import { resourceId, selectionRequest, type SelectionRequest } from './ops-requests.js';

@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/selections')
export class SelectionsController {
  constructor(
    @Inject(OpsDatabase) private readonly database: OpsDatabase,
    @Inject(Places) private readonly places: Places,
  ) {}

  @Post()
  @ApiScope('ops:read')
  @ApiResponse({
    status: 201,
    standardSchema: selectionView,
    description: 'Frozen: letters that come later are not in it',
  })
  @ApiProblem(400, 'The filter is invalid')
  @ApiProblem(404, 'There is no such queue')
  async create(
    @Body({ schema: selectionRequest }) { queue, filter }: SelectionRequest,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<SelectionView> {
    const { name } = this.places.find(queue);
    const actor = actorOf(caller);
    const action = { actor, action: 'selection.create', subject: `queues/${name}`, details: { filter } };
    return audited(
      this.database,
      action,
      () => this.database.transaction((tx) => freeze(tx, { queue: name, filter, actor })),
      ({ id, count }) => ({ selection: id, count }),
    );
  }

  @Get(':id')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: selectionView })
  @ApiProblem(404, 'There is no such selection')
  async read(@Param('id', resourceId) id: string): Promise<SelectionView> {
    const found = await readSelection(this.database, id);
    if (found) return found;
    throw noSelection(id);
  }
}
