import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import type { FailureRule } from '../retry/classify.js';

/** Answers of the 400s that may be others later: timeout, conflict, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** What Nest throws for messages that a guard refused. */
const REFUSED_BY_GUARD = 'Forbidden resource';

/**
 * What Nest's own errors are: its exceptions of the 400s, which its pipes throw as well, and the refusal of a guard are
 * permanent. `MessagingServer` has these rules after those it is given.
 */
export const nestFailures: readonly FailureRule[] = Object.freeze([
  { when: isClientError, is: 'permanent' },
  { when: isRefusedByGuard, is: 'permanent' },
]);

function isClientError(error: unknown): boolean {
  if (!(error instanceof HttpException)) return false;
  const status = error.getStatus();
  return status >= 400 && status < 500 && !passing.has(status);
}

function isRefusedByGuard(error: unknown): boolean {
  return error instanceof RpcException && error.message === REFUSED_BY_GUARD;
}
