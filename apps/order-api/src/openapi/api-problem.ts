import { ApiResponse } from '@nestjs/swagger';
import { problemDocument } from '@orderflow/service-kit';

/** Documents an error answer of a route. */
export function ApiProblem(status: number, description: string): MethodDecorator & ClassDecorator {
  return ApiResponse({ status, description, standardSchema: problemDocument });
}
