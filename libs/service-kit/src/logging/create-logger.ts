import { type DestinationStream, type LevelWithSilent, type Logger, pino, stdTimeFunctions } from 'pino';
import { currentTraceId } from './trace-id.js';
import { LinesOfATurn } from './lines-of-a-turn.js';
import { loggableError, loggableFields, loggableMessage } from './loggable.js';

export interface LoggerOptions {
  /** The service, for example `order-worker`; on every line. */
  readonly name: string;
  /** `info` by default. */
  readonly level?: LevelWithSilent;
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

/**
 * One JSON line an event, with the id of the trace it is part of, without secrets, and of a limited length whatever it is
 * given to log. Written in this process:
 * pino's worker transports do not bundle.
 */
export function createLogger({ name, level = 'info', destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      mixin: traceFields,
      formatters: { level: (label) => ({ level: label }), log: loggableFields },
      serializers: { err: loggableError, msg: loggableMessage },
    },
    destination ?? new LinesOfATurn(pino.destination({ dest: 1, sync: true })),
  );
  return guardBindings(logger);
}

/** On every line that belongs to a trace. */
function traceFields(): { traceId?: string } {
  const traceId = currentTraceId();
  return traceId === undefined ? {} : { traceId };
}

/** What a child logger has on every line is written once, by pino, and no formatter sees it. */
function guardBindings(logger: Logger): Logger {
  const { child } = logger;
  logger.child = function (this: Logger, bindings: object, options?: object) {
    return child.call(this, loggableFields(bindings), options);
  } as typeof child;
  return logger;
}
