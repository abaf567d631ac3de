import type { z } from 'zod';
import { loadConfig } from '../config/load-config.js';
import { readSecretFiles } from '../config/secret-files.js';
import { createLogger } from '../logging/create-logger.js';
import type { ProcessConfig } from '../config/process-config.js';
import type { ServiceDefinition } from '../service/run-service.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';

/** A whole service behind a free port, in this process and without a line in its log. */
export async function startQuietly<Schema extends z.ZodObject>(
  { name, schema, compose }: ServiceDefinition<Schema>,
  env: Readonly<Record<string, string>>,
): Promise<RunningService> {
  const config = loadConfig(schema, readSecretFiles(schema, { PORT: '0', ...env })) as Readonly<z.output<Schema>> &
    ProcessConfig;
  const logger = createLogger({ name, level: 'silent' });
  const context = { config, logger, metrics: createMetrics(name) };
  return startService(context, await compose(context));
}
