import type { Logger } from 'pino';
import type { Refusal } from '../http/edge/unreadable-requests.js';

/** One line for each that was refused before it was a request, like the line of a request. */
export function logRefusals(logger: Logger): (refusal: Refusal) => void {
  return ({ problem, method, url }) => {
    const req = method === undefined ? undefined : { method, url };
    logger.info({ req, res: { statusCode: problem.status }, reason: problem.message }, 'request refused');
  };
}
