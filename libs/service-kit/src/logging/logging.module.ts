import { type DynamicModule, RequestMethod } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { loggableError, loggableText } from './loggable.js';

/** Paths that are asked for every few seconds by machines. */
const unlogged = /^\/(health|metrics)(\/|$|\?)/;

/** Nest's loggers and one line for each HTTP request, all written by `logger`. */
export function loggingModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({
    // Its own default matches no path of Nest 12 on Fastify.
    forRoutes: [{ path: '*path', method: RequestMethod.ALL }],
    pinoHttp: {
      logger,
      autoLogging: { ignore: (request) => unlogged.test(request.url ?? '') },
      quietReqLogger: true,
      serializers: {
        err: loggableError,
        req: ({ method, url }: { method: string; url: string }) => ({ method, url: loggableText(url) }),
        res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
      },
    },
  });
}
