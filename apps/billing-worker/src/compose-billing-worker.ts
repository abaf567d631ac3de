import { createCatalogue } from '@orderflow/contracts';
import { Messaging, type ServiceContext, type ServiceParts } from '@orderflow/service-kit';
import type { z } from 'zod';
import { BillingWorkerModule } from './billing-worker.module.js';
import type { configSchema } from './config.js';
import { HttpPaymentGateway } from './gateway/http-payment-gateway.js';
import { Billing } from './invoices/billing.js';
import { InvoiceStore } from './invoices/invoice-store.js';

export const serviceName = 'billing-worker';

/** Puts billing-worker together. Nothing listens yet. */
export async function composeBillingWorker(
  context: ServiceContext<z.output<typeof configSchema>>,
): Promise<ServiceParts> {
  const { config } = context;
  const contracts = createCatalogue({ defaultCurrency: config.DEFAULT_CURRENCY });
  const migrations = ['0001-invoices'];
  const messaging = await Messaging.open({
    ...context,
    name: serviceName,
    queue: 'billing',
    contracts,
    migrations,
    restartWhenStalled: true,
  });
  const gateway = new HttpPaymentGateway({
    url: config.PAYMENT_GATEWAY_URL,
    timeoutMs: config.PAYMENT_GATEWAY_TIMEOUT,
    failuresToOpen: config.CIRCUIT_FAILURES,
    openForMs: config.CIRCUIT_OPEN_TIME,
  });
  const invoices = new InvoiceStore(messaging.pool);
  const gatewayKeyLifetimeMs = config.PAYMENT_GATEWAY_KEY_LIFETIME;
  const billing = new Billing({ ...messaging, invoices, gateway, gatewayKeyLifetimeMs, topic: config.TOPIC_NAME });
  return { ...messaging, module: BillingWorkerModule.of(messaging, billing) };
}
