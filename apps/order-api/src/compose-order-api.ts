import { createCatalogue } from '@orderflow/contracts';
import {
  composeMessagingService,
  type OpenTransport,
  type ServiceContext,
  type ServiceParts,
} from '@orderflow/service-kit';
import type { OrderApiConfig } from './config.js';
import { purgeOfKeys } from './idempotency/idempotency-store.js';
import { serveOpenApi } from './openapi/serve-openapi.js';
import { OpsModule } from './ops/ops.module.js';
import { purgesOfOps } from './ops/queues/count-store.js';
import { purgesOfCopies } from './ops/copies/letter-copies.js';
import { purgeOfSelections } from './ops/selections/selection-store.js';
import { OrderApiModule } from './order-api.module.js';

export const serviceName = 'order-api';

/** The files of `migrations/`, by name: a bundle is shipped without them. */
export const migrations = [
  '0001-orders',
  '0002-idempotency-keys',
  '0003-ops-dead-letters',
  '0004-ops-replays',
  '0005-ops-exports',
  '0006-ops-monitor',
  '0007-ops-stories',
  '0008-ops-edits',
  '0009-ops-restores',
  '0010-placed-by',
];

/** In bytes: an order of 100 lines takes a fifth of it, and a text of this size still fits into a message. */
const bodyLimit = 131_072;

/** An error can hide a commit whose confirmation was lost, so only the key makes a repeated order one order. */
const tryAgain = 'Try again; an order with the same Idempotency-Key is placed once.';

/** Puts order-api together. Nothing listens or connects yet. */
export async function composeOrderApi(
  context: ServiceContext<OrderApiConfig>,
  openTransport?: OpenTransport,
): Promise<ServiceParts> {
  const { config } = context;
  const parts = await composeMessagingService(
    {
      ...context,
      adaptDatabaseUrl: (url) => withLockTimeout(url, config.LOCK_TIMEOUT),
      name: serviceName,
      queue: 'order-status',
      contracts: createCatalogue({ defaultCurrency: config.DEFAULT_CURRENCY }),
      migrations,
      restartWhenStalled: false,
      // Orders that are placed at a time share one statement; the second is there when one is slow.
      insertConnections: 2,
      // For orders with `scheduledFor`.
      needs: ['scheduling'],
      purges: (pool) => [
        purgeOfKeys(pool),
        ...(config.OPS ? [...purgesOfOps(pool), purgeOfSelections(pool), ...purgesOfCopies(pool)] : []),
      ],
      module: { module: OrderApiModule, imports: config.OPS ? [OpsModule.over(context.metrics)] : [] },
    },
    openTransport,
  );
  return {
    ...parts,
    async prepare(app) {
      await parts.prepare?.(app);
      serveOpenApi(app);
    },
    pages: [{ prefix: '/docs', access: { scope: 'orders:read', customers: true } }],
    bodyLimit,
    tryAgain,
  };
}

/** Whoever waits for a row longer than this gets an error, in every statement of this service. */
function withLockTimeout(plain: string, timeoutMs: number): string {
  const url = new URL(plain);
  url.searchParams.set('lock_timeout', String(timeoutMs));
  return url.href;
}
