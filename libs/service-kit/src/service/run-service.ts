import type { Logger } from 'pino';
import type { z } from 'zod';
import { readEnvironment } from '../config/environment.js';
import { ConfigError, loadConfig } from '../config/load-config.js';
import { readSecretFiles } from '../config/secret-files.js';
import { createLogger } from '../logging/create-logger.js';
import { shutdownOnSignal } from '../shutdown/shutdown-on-signal.js';
import { createMetrics } from '../telemetry/metrics.js';
import type { ProcessConfig } from '../config/process-config.js';
import type { ServiceContext, ServiceParts } from './service-parts.js';
import { type RunningService, startService } from './start-service.js';
import { startExport } from '../telemetry/start-export.js';
import { StartupError } from '../startup-error.js';

export interface ServiceDefinition<Schema extends z.ZodObject> {
  /** For example `order-worker`: in logs, in metrics, and its database in the runtime file. */
  readonly name: string;
  /** Its variables; `PORT` and `processVariables` among them. */
  readonly schema: Schema;
  /** Puts the service together. Nothing listens yet. */
  readonly compose: (context: ServiceContext<Readonly<z.output<Schema>>>) => ServiceParts | Promise<ServiceParts>;
}

/**
 * The whole life of a service process: reads its configuration, starts it, ends it in order on a signal. A start that
 * fails is one log line with what to do, and exit code 1.
 */
export async function runService<Schema extends z.ZodObject>({
  name,
  schema,
  compose,
}: ServiceDefinition<Schema>): Promise<void> {
  let logger = createLogger({ name });
  try {
    const env = readEnvironment({ app: name });
    const config = loadConfig(schema, readSecretFiles(schema, env)) as Readonly<z.output<Schema>> & ProcessConfig;
    logger = createLogger({ name, level: config.LOG_LEVEL });
    const context = { config, logger, metrics: createMetrics(name) };
    const exporting = await startExport({ name, config, env, logger, flushMs: config.SHUTDOWN_TIMEOUT / 10 });
    const starting = start(context, compose);
    const stop = async () => (await starting).stop().finally(() => exporting.stop());
    // Before it has started: a supervisor that dies meanwhile is noticed only once.
    shutdownOnSignal({ stop, deadlineMs: config.SHUTDOWN_TIMEOUT, logger });
    await starting;
  } catch (error) {
    logStartFailure(logger, error);
    process.exit(1);
  }
}

async function start<Config extends ProcessConfig>(
  context: ServiceContext<Config>,
  compose: (context: ServiceContext<Config>) => ServiceParts | Promise<ServiceParts>,
): Promise<RunningService> {
  return startService(context, await compose(context));
}

function logStartFailure(logger: Logger, error: unknown): void {
  if (error instanceof ConfigError) logger.fatal({ problems: error.problems }, error.message);
  else if (error instanceof StartupError) logger.fatal(error.message);
  else logger.fatal({ err: error }, 'the service could not start');
}
