import { applyDecorators, HttpCode, Post } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Scope } from '@orderflow/service-kit';
import type { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';

export interface RestoreRouteOptions {
  /** Below the controller's. */
  readonly path: string;
  readonly scope: Scope;
  readonly answer: z.ZodType;
  /** What was sent again, and what else it needs. */
  readonly description: string;
  /** What 404 means. */
  readonly unknown: string;
  /** What 409 means. */
  readonly refused: string;
}

/** A route that sends messages again of which there are copies, to whoever says why. */
export function RestoreRoute(options: RestoreRouteOptions): MethodDecorator {
  const { path, scope, answer, description, unknown, refused } = options;
  return applyDecorators(
    Post(path),
    ApiScope(scope),
    HttpCode(200),
    ApiResponse({ status: 200, standardSchema: answer, description }),
    ApiProblem(400, 'It does not say why'),
    ApiProblem(404, unknown),
    ApiProblem(409, refused),
  ) as MethodDecorator;
}
