import { createCatalogue } from '@orderflow/contracts';
import { explain, observeDeliveries, type Transport } from '@orderflow/messaging';
import { MessagingServer } from '@orderflow/messaging/nest';
import { createPostgresInbox, createPostgresOutbox, messagingSchema } from '@orderflow/messaging/postgres';
import {
  createPool,
  databaseIndicator,
  logDeliveries,
  receiverDegradation,
  requireMigrations,
  type ServiceContext,
  type ServiceParts,
} from '@orderflow/service-kit';
import type { ConnectBroker } from './broker/broker.js';
import type { OrderApiConfig } from './config.js';
import { serveOpenApi } from './openapi/serve-openapi.js';
import { OrderApiModule } from './order-api.module.js';
import { OutboxRelay } from './outbox-relay.js';

export const serviceName = 'order-api';

/** The files of `migrations/`, by name: a bundle is shipped without them. */
export const ownMigrations = ['0001-orders', '0002-idempotency-keys'];

/** In bytes: an order of 100 lines takes a fifth of it, and a text of this size still fits into a message. */
const bodyLimit = 131_072;

/** An error can hide a commit whose confirmation was lost, so only the key makes a repeated order one order. */
const tryAgain = 'Try again; an order with the same Idempotency-Key is placed once.';

/** Puts order-api together. Nothing listens or connects yet. */
export async function composeOrderApi(
  context: ServiceContext<OrderApiConfig>,
  connectBroker: ConnectBroker,
): Promise<ServiceParts> {
  const { config, logger, metrics } = context;
  const pool = createOrderPool(context);
  const outbox = createPostgresOutbox({ pool });
  const inbox = createPostgresInbox({ pool });
  const { transport, lab } = await connectBroker(config);
  const onError = (error: unknown) => logger.warn({ err: error }, `outbox: ${explain(error)}`);
  const relay = new OutboxRelay({ pool, outbox, transport, onError });
  const server = createStatusServer(context, transport);
  const queues = { ordersQueue: config.QUEUE_NAME, statusQueue: config.ORDER_STATUS_QUEUE_NAME };
  metrics.watchOutbox(() => outbox.backlog());
  return {
    module: OrderApiModule.of({ pool, outbox, inbox, relay, lab, ...queues }),
    strategy: () => server,
    health: () => [databaseIndicator(pool), receiverDegradation(() => server.health()), relay.health],
    async prepare(app) {
      await requireMigrations(pool, serviceName, [...messagingSchema.map(({ name }) => name), ...ownMigrations]);
      serveOpenApi(app);
    },
    bodyLimit,
    tryAgain,
  };
}

function createOrderPool({ config, logger }: ServiceContext<OrderApiConfig>) {
  const url = new URL(config.DATABASE_URL);
  url.searchParams.set('lock_timeout', String(config.LOCK_TIMEOUT));
  return createPool({
    url: url.href,
    applicationName: serviceName,
    max: config.DATABASE_POOL_SIZE,
    onError: (error) => logger.warn({ err: error }, 'a database connection broke; the pool opens another'),
  });
}

function createStatusServer(context: ServiceContext<OrderApiConfig>, transport: Transport): MessagingServer {
  const { config, logger, metrics } = context;
  return new MessagingServer({
    transport,
    queue: config.ORDER_STATUS_QUEUE_NAME,
    contracts: createCatalogue({ defaultCurrency: config.DEFAULT_CURRENCY }),
    concurrency: config.MAX_CONCURRENCY,
    middleware: [observeDeliveries(metrics.deliveries), observeDeliveries(logDeliveries(logger))],
    policy: {
      immediateAttempts: config.IMMEDIATE_ATTEMPTS,
      maxAttempts: config.MAX_ATTEMPTS,
      baseDelayMs: config.RETRY_BASE_DELAY,
      maxDelayMs: config.RETRY_MAX_DELAY,
    },
    onError: (error) => logger.warn({ err: error, code: error.code }, `broker: ${error.message}`),
  });
}
