import { DependencyAwayError, PermanentError } from '../errors.js';
import type { FailureRule } from '../retry/classify.js';

/** SQLSTATEs of a server that stops, starts, or has no connection left; class 08 is added to them. */
const serverStates: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '53300']);
const networkCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT']);
const CONNECTION_EXCEPTION = /^08[0-9A-Z]{3}$/;
/** What `pg` and its pool say without a code. */
const connectionTexts = ['Connection terminated', 'timeout exceeded when trying to connect'] as const;
/** How many causes of an error are looked at. */
const MAX_DEPTH = 5;

/**
 * Database errors by which the database cannot be reached: dependency-away of `database`. The network's codes are
 * everybody's: a handler that also calls others over the network throws a `DependencyAwayError` of its own for them.
 */
export const postgresFailures: readonly FailureRule[] = Object.freeze([
  { when: (error: unknown) => isDatabaseAway(error, 0), is: 'dependency-away', dependency: 'database' },
]);

interface ErrorParts {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Looks through what an ORM wrapped the error in, and through the errors of several addresses. */
function isDatabaseAway(error: unknown, depth: number): boolean {
  // Whoever judged the error already knows better.
  const isJudged = error instanceof PermanentError || error instanceof DependencyAwayError;
  if (typeof error !== 'object' || error === null || isJudged || depth > MAX_DEPTH) return false;
  const { cause, errors }: ErrorParts = error;
  const inner: readonly unknown[] = Array.isArray(errors) ? errors : [cause];
  return isConnectionError(error) || inner.some((each) => isDatabaseAway(each, depth + 1));
}

function isConnectionError({ code, message }: ErrorParts): boolean {
  if (typeof code === 'string') {
    return CONNECTION_EXCEPTION.test(code) || serverStates.has(code) || networkCodes.has(code);
  }
  return connectionTexts.some((text) => String(message).startsWith(text));
}
