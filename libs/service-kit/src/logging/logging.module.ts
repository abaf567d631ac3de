import type { IncomingMessage } from 'node:http';
import { type DynamicModule, RequestMethod } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { loggableError, loggableText } from './loggable.js';
import { isRoutine } from './routine-requests.js';

/**
 * Nest's loggers and one line for each HTTP request, all written by `logger`.
 * @param traceIdOfRequest answers which trace a request is part of
 */
export function loggingModule(
  logger: Logger,
  traceIdOfRequest: (request: IncomingMessage) => string | undefined,
): DynamicModule {
  return LoggerModule.forRoot({
    // What nestjs-pino asks for by default, `{/*splat}`, matches nothing on Nest's Fastify adapter.
    forRoutes: [{ path: '*path', method: RequestMethod.ALL }],
    pinoHttp: {
      logger,
      autoLogging: { ignore: (request) => isRoutine(request.url ?? '') },
      quietReqLogger: true,
      customProps: (request) => ({ traceId: traceIdOfRequest(request) }),
      // The error itself was logged where it was answered; pino-http would make up another one, with a stack.
      customErrorObject: (_request, response, _error, { err, ...line }) => (response.err ? { err, ...line } : line),
      customErrorMessage: () => 'request completed',
      serializers: {
        err: loggableError,
        req: ({ method, url }: { method: string; url: string }) => ({ method, url: loggableText(url) }),
        res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
      },
    },
  });
}
