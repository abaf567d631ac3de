import {
  createLogger,
  createMetrics,
  loadConfig,
  type OpenTransport,
  type RunningService,
  startService,
} from '@orderflow/service-kit';
import { composeOrderApi } from '../src/compose-order-api.js';
import { configSchema } from '../src/config.js';

/** A whole order-api behind a real port. */
export type TestOrderApi = RunningService;

export interface TestOrderApiOptions {
  readonly databaseUrl: string;
  /** Of the broker; absent where `env` names another one. */
  readonly connectionString?: string;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** The broker by its address when absent. */
  readonly openTransport?: OpenTransport;
  /** Gets every line of the log; nobody when absent. */
  readonly log?: { write(line: string): void };
}

export async function startOrderApi(options: TestOrderApiOptions): Promise<TestOrderApi> {
  const config = loadConfig(configSchema, {
    DATABASE_URL: options.databaseUrl,
    ...(options.connectionString !== undefined && { SERVICEBUS_CONNECTION_STRING: options.connectionString }),
    PORT: '0',
    ...options.env,
  });
  const { log } = options;
  const logger = createLogger({ name: 'order-api', ...(log ? { destination: log } : { level: 'silent' }) });
  const context = { config, logger, metrics: createMetrics('order-api') };
  return startService(context, await composeOrderApi(context, options.openTransport));
}
