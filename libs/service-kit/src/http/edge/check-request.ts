import type { IncomingMessage } from 'node:http';
import { Problem } from '../problem.js';
import type { RouteTable } from './route-table.js';
import { unreadable, unreadableParameters } from './unreadable-parameters.js';

/** In characters. RFC 9110, section 4.1, asks for at least 8,000. */
export const longestTarget = 8_000;

/** Path and query of a request's target, the latter without its `?`; of an absolute URL as well. */
export function partsOf(target: string): readonly [path: string, query: string] {
  const [path = '', ...query] = target.replace(/^https?:\/\/[^/?#]*/i, '').split('?');
  return [path, query.join('?')];
}

/** @throws Problem for a request that no route can take as it was meant */
export function checkRequest(request: IncomingMessage, routes: RouteTable): void {
  const target = request.url ?? '';
  if (target.length > longestTarget) throw targetTooLong();
  requireOneHost(request);
  requireReadableBody(request);
  const [path, query] = partsOf(target);
  const errors = unreadableParameters(routes.find(path)?.parameters ?? new Map(), query);
  if (errors.length > 0) throw unreadable(errors);
}

export function targetTooLong(): Problem {
  return new Problem(414, 'uri-too-long', `Path and query must have at most ${longestTarget} characters together.`);
}

/** RFC 9112, section 3.2. Node itself would answer with nothing but a status. */
function requireOneHost({ httpVersion, rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
  throw new Problem(400, 'bad-request', 'A request must have exactly one header Host.');
}

/** Bodies are read as they are: a coding that is not taken off would make other bytes of them. */
function requireReadableBody({ headers }: IncomingMessage): void {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  if (coding !== undefined && coding !== '' && coding !== 'identity') {
    const detail = `A body in the content coding ${coding} is not read here. Send it without the header Content-Encoding.`;
    throw new Problem(415, 'unsupported-content-encoding', detail, { headers: { 'accept-encoding': 'identity' } });
  }
  const transfer = headers['transfer-encoding']?.trim().toLowerCase();
  if (transfer === undefined || transfer === 'chunked') return;
  throw new Problem(400, 'bad-request', `The transfer coding ${transfer} is not read here. Send the body chunked.`);
}
