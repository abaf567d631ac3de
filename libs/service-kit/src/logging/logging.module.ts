import type { DynamicModule } from '@nestjs/common';
import { LoggerModule, type Params } from 'nestjs-pino';
import type { Logger } from 'pino';
import { loggableError, loggableText } from './loggable.js';

/** What nestjs-pino makes its root logger of, whoever asks it first. */
export function rootLogger(logger: Logger): Params {
  return {
    pinoHttp: {
      logger,
      serializers: {
        err: loggableError,
        req: ({ method, url }: { method: string; url: string }) => ({ method, url: loggableText(url) }),
        res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
      },
    },
  };
}

/** Nest's loggers, all written by `logger`. Requests are logged by `logRequests`, at a fraction of what pino-http takes. */
export function loggingModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({ ...rootLogger(logger), forRoutes: [] });
}
