import { type DynamicModule, RequestMethod } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { loggableError, loggableText } from './loggable.js';

/** Paths that are asked for every few seconds by machines. */
const unlogged = /^\/(health|metrics)(\/|$|\?)/;

/** Nest's loggers and one line for each HTTP request, all written by `logger`. */
export function loggingModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({
    // What nestjs-pino asks for by default, `{/*splat}`, matches nothing on Nest's Fastify adapter.
    forRoutes: [{ path: '*path', method: RequestMethod.ALL }],
    pinoHttp: {
      logger,
      autoLogging: { ignore: (request) => unlogged.test(request.url ?? '') },
      quietReqLogger: true,
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
