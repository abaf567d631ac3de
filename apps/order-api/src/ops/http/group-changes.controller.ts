import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Problem } from '@orderflow/service-kit';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { readGroup } from '../dead-letter-index/index-query.js';
import { type GroupChanges, groupChanges, readChanges } from '../groups/group-changes.js';
import { OpsDatabase } from '../ops-database.js';
import { groupId } from './ops-requests.js';

/** What was different when letters began to fail alike. */
@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/groups')
export class GroupChangesController {
  constructor(@Inject(OpsDatabase) private readonly database: OpsDatabase) {}

  @Get(':id/changes')
  @ApiScope('ops:read')
  @ApiResponse({ status: 200, standardSchema: groupChanges })
  @ApiProblem(404, 'There is no such group')
  async read(@Param('id', groupId) id: string): Promise<GroupChanges> {
    const group = await readGroup(this.database, id);
    if (group) return readChanges(this.database, group);
    throw new Problem(404, 'group-not-found', `There is no group ${id} here.`);
  }
}
