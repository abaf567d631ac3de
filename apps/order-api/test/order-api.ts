import type { Transport } from '@orderflow/messaging';
import type { ConnectBroker } from '../src/broker/broker.js';
import { createMemoryTransport, MemoryBroker } from '@orderflow/messaging/memory';
import { createLogger, createMetrics, loadConfig, startService } from '@orderflow/service-kit';
import { composeOrderApi } from '../src/compose-order-api.js';
import { orderApiConfig } from '../src/config.js';
import { MemoryLabQueue } from './memory-lab-queue.js';

/** A whole order-api behind a real port. */
export interface TestOrderApi {
  readonly url: string;
  stop(): Promise<void>;
}

export interface TestOrderApiOptions {
  readonly databaseUrl: string;
  readonly connectBroker: ConnectBroker;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The queues and topic that order-api has to do with. */
export function createOrderBroker(): MemoryBroker {
  return new MemoryBroker({
    topology: {
      queues: ['orders', 'order-status'],
      topics: { events: { 'order-status': { forwardTo: 'order-status' } } },
    },
  });
}

export function transportTo(broker: MemoryBroker): Transport {
  return createMemoryTransport({ broker });
}

/** Gives order-api a broker in memory. */
export function connectTo(broker: MemoryBroker): ConnectBroker {
  return async () => ({ transport: transportTo(broker), lab: new MemoryLabQueue() });
}

export async function startOrderApi({ databaseUrl, connectBroker, env }: TestOrderApiOptions): Promise<TestOrderApi> {
  const config = loadConfig(orderApiConfig, {
    DATABASE_URL: databaseUrl,
    SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://unused.example;SharedAccessKeyName=a;SharedAccessKey=b',
    PORT: '0',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const context = {
    config,
    logger: createLogger({ name: 'order-api', level: 'silent' }),
    metrics: createMetrics('order-api'),
  };
  return startService(context, await composeOrderApi(context, connectBroker));
}
