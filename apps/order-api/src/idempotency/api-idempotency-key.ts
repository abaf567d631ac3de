import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblem } from '../openapi/api-problem.js';
import { retentionHours } from './idempotency-store.js';

/** Documents a route that honours `Idempotency-Key`. */
export function ApiIdempotencyKey(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      description: `Makes the request safe to repeat: for ${retentionHours} hours the same key and body get the same answer.`,
    }),
    ApiHeader({
      name: 'X-Client-Id',
      description:
        'Whose key it is, where no tokens are asked for; with a token it is the key of its subject and client.',
    }),
    ApiProblem(409, 'A request with this key is still being handled'),
    ApiProblem(422, 'The key was used for another body'),
  ) as MethodDecorator;
}
