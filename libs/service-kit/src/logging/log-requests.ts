import type { IncomingMessage, ServerResponse } from 'node:http';
import { PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { loggableText } from './loggable.js';
import { rootLogger } from './logging.module.js';
import { isRoutine } from './routine-requests.js';

/** The parts of a Fastify request that are logged. */
interface Request {
  readonly id: string;
  readonly raw: IncomingMessage;
}

type Hook = (request: Request, reply: { readonly raw: ServerResponse }, done: () => void) => void;

/** The part of a Fastify instance that logging needs. */
export interface LoggedRequests {
  addHook(name: 'onRequest', hook: Hook): unknown;
}

export interface RequestLogging {
  readonly logger: Logger;
  /** Answers which trace a request is part of. */
  readonly traceIdOf: (request: IncomingMessage) => string | undefined;
}

/**
 * Writes one line for each request, once it is answered or its client is gone, except for what machines ask every few
 * seconds. What a handler logs by Nest's loggers carries the request's id as well.
 */
export function logRequests(fastify: LoggedRequests, { logger, traceIdOf }: RequestLogging): void {
  const handlers = new PinoLogger(rootLogger(logger));
  fastify.addHook('onRequest', ({ id, raw: request }, { raw: response }, done) => {
    if (!isRoutine(request.url ?? '')) {
      const begun = Date.now();
      whenAnswered(response, () => {
        const { fields, message } = lineOf({ id, request, response, begun, traceId: traceIdOf(request) });
        logger.info(fields, message);
      });
    }
    handlers.runInContext(done, { bindings: { reqId: id } });
  });
}

/** Once: an answer that was sent is followed by the end of its response. */
function whenAnswered(response: ServerResponse, run: () => void): void {
  const end = (): void => {
    response.off('finish', end).off('close', end);
    run();
  };
  response.on('finish', end).on('close', end);
}

interface Answered {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When the request came, in ms of the epoch. */
  readonly begun: number;
  readonly traceId: string | undefined;
}

/** A failure of ours is an answer, whatever its client still sent. */
function lineOf({ id, request, response, begun, traceId }: Answered): { fields: object; message: string } {
  const isComplete = response.writableEnded && (response.statusCode >= 500 || !request.readableAborted);
  const fields = {
    reqId: id,
    ...(traceId !== undefined && { traceId }),
    req: { method: request.method, url: loggableText(request.url ?? '') },
    res: { statusCode: response.statusCode },
    responseTime: Date.now() - begun,
  };
  return { fields, message: isComplete ? 'request completed' : 'request aborted' };
}
