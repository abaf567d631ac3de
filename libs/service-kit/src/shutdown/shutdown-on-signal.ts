import type { Logger } from 'pino';

/** The part of `process` that ending it needs. */
export interface ShutdownProcess {
  on(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): unknown;
}

export interface ShutdownOptions {
  /** Finishes what is in flight and closes everything. */
  readonly stop: () => Promise<void>;
  /** What is not finished after this many milliseconds is given up. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  /** `process` by default. */
  readonly process?: ShutdownProcess;
}

/** A terminal delivers Ctrl-C to every process of a group, and `npm` passes it on once more. */
const sameSignalMs = 500;

/**
 * Ends the process in order on SIGTERM, on SIGINT, and when the supervisor that started it is gone: exit code 0 when
 * everything was finished, 1 when the deadline passed or stopping failed. A second signal ends it at once, unless it
 * follows so closely that it is the same one delivered twice. An error that nobody handled is logged and ends the
 * process with 1: its state can no longer be trusted, and every message in flight is delivered again.
 */
export function shutdownOnSignal({ stop, deadlineMs, logger, process = globalThis.process }: ShutdownOptions): void {
  let askedAt: number | undefined;
  const end = (code: number) => void process.exit(code);
  const asked = (signal: string) => {
    if (askedAt !== undefined) {
      if (Date.now() - askedAt < sameSignalMs) return;
      logger.error({ signal }, 'asked to stop again: ending at once');
      return end(1);
    }
    askedAt = Date.now();
    logger.info({ signal }, 'stopping');
    void finish({ stop, deadlineMs, logger }).then(end);
  };
  process.on('SIGTERM', () => asked('SIGTERM'));
  process.on('SIGINT', () => asked('SIGINT'));
  process.on('disconnect', () => asked('disconnect'));
  const fatal = (event: string) => (error: unknown) => {
    logger.fatal({ err: error, event }, 'an error that nobody handled');
    end(1);
  };
  process.on('uncaughtException', fatal('uncaughtException'));
  process.on('unhandledRejection', fatal('unhandledRejection'));
}

/** The exit code, in time. */
async function finish({ stop, deadlineMs, logger }: ShutdownOptions): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<number>((resolve) => {
    timer = setTimeout(() => {
      logger.error({ deadlineMs }, 'not everything was finished in time: ending now');
      resolve(1);
    }, deadlineMs);
  });
  const stopped = stop().then(
    () => 0,
    (error: unknown) => {
      logger.error({ err: error }, 'stopping failed');
      return 1;
    },
  );
  const code = await Promise.race([stopped, deadline]);
  clearTimeout(timer);
  if (code === 0) logger.info('stopped');
  return code;
}
