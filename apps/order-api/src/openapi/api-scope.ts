import { applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { RequireScope, type Scope } from '@orderflow/service-kit';
import { ApiProblem } from './api-problem.js';

/** The name of the security scheme in the OpenAPI document. */
export const tokens = 'tokens';

/** Asks for a token with a scope, and documents that; the options are {@link RequireScope}'s. */
export function ApiScope(scope: Scope, options?: Parameters<typeof RequireScope>[1]): MethodDecorator {
  return applyDecorators(
    RequireScope(scope, options),
    ApiSecurity(tokens, [scope]),
    ApiProblem(401, 'The token is missing or not valid'),
    ApiProblem(403, 'The token does not allow this'),
    ApiProblem(429, 'Too many requests'),
  ) as MethodDecorator;
}
