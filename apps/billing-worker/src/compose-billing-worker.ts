import { createCatalogue } from '@orderflow/contracts';
import {
  composeMessagingService,
  type OpenTransport,
  type ServiceContext,
  type ServiceParts,
} from '@orderflow/service-kit';
import { BillingWorkerModule } from './billing-worker.module.js';
import type { BillingWorkerConfig } from './config.js';
import { gatewayName, HttpPaymentGateway } from './gateway/http-payment-gateway.js';

export const serviceName = 'billing-worker';

/** Puts billing-worker together. Nothing listens or connects yet. */
export function composeBillingWorker(
  context: ServiceContext<BillingWorkerConfig>,
  openTransport?: OpenTransport,
): Promise<ServiceParts> {
  const { PAYMENT_GATEWAY_URL: url, PAYMENT_GATEWAY_TIMEOUT: timeoutMs } = context.config;
  const gateway = new HttpPaymentGateway({ url, timeoutMs });
  return composeMessagingService(
    {
      ...context,
      name: serviceName,
      queue: 'billing',
      contracts: createCatalogue({ defaultCurrency: context.config.DEFAULT_CURRENCY }),
      migrations: ['0001-invoices'],
      restartWhenStalled: true,
      dependencies: [{ name: gatewayName, probe: (signal) => gateway.probe(signal) }],
      module: { module: BillingWorkerModule, providers: [{ provide: HttpPaymentGateway, useValue: gateway }] },
    },
    openTransport,
  );
}
