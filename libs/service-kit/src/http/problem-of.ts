import { types } from 'node:util';
import { DatabaseBusy } from '../postgres/request-database.js';
import { Problem } from './problem.js';

/**
 * SQLSTATE that says "not now": connection, rollback of a transaction, resources, operator intervention, a lock that
 * somebody holds (PostgreSQL, appendix A).
 */
const unavailable = /^(08|40|53|57|58)|^55P03$/;
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const codes: Readonly<Record<number, string>> = {
  400: 'bad-request',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'body-too-large',
  414: 'uri-too-long',
  503: 'service-unavailable',
};

const mediaTypeAdvice = 'The body must be JSON: send the header content-type: application/json.';

/**
 * What to answer for any error; what is not the client's doing is answered without its inner workings.
 * @param tryAgain what a client may do about a failure of ours
 */
export function problemOf(error: unknown, tryAgain = 'Try again later.'): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status === 415) return new Problem(415, 'unsupported-media-type', mediaTypeAdvice, { cause: error });
  if (status !== undefined && status < 500) {
    return new Problem(status, codes[status] ?? 'bad-request', (error as Error).message, { cause: error });
  }
  if (error instanceof DatabaseBusy) return notNow('Too many requests wait for the database.', tryAgain, error);
  if (status === 503 || isUnavailable(error)) {
    return notNow('Something this service depends on does not answer.', tryAgain, error);
  }
  return new Problem(500, 'internal-error', `The request failed by a fault of ours. ${tryAgain}`, { cause: error });
}

function notNow(why: string, tryAgain: string, cause: unknown): Problem {
  return new Problem(503, 'service-unavailable', `${why} ${tryAgain}`, { cause, headers: { 'retry-after': '1' } });
}

/** Of Nest's exceptions and of Fastify's errors (body limit, media type, unreadable JSON). */
function statusOf(error: unknown): number | undefined {
  if (!isError(error)) return undefined;
  const { getStatus, statusCode } = error as { getStatus?: () => unknown; statusCode?: unknown };
  const status = typeof getStatus === 'function' ? getStatus.call(error) : statusCode;
  return typeof status === 'number' ? status : undefined;
}

function isUnavailable(error: unknown): boolean {
  if (!isError(error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  return (
    unavailable.test(code) ||
    networkCodes.has(code) ||
    /timeout exceeded when trying to connect|Connection terminated|Query read timeout/.test(error.message)
  );
}

/** Of another realm as well; Fastify's errors are none that the language made. */
function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}
