import { Module } from '@nestjs/common';
import { MessagingResources, SERVICE_CONFIG } from '@orderflow/service-kit';
import type { BillingWorkerConfig } from './config.js';
import { HttpPaymentGateway } from './gateway/http-payment-gateway.js';
import { Billing } from './invoices/billing.js';
import { InvoiceStore } from './invoices/invoice-store.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { OrderEventHandlers } from './invoices/order-events.handlers.js';

@Module({
  controllers: [OrderEventHandlers, InvoicesController],
  providers: [
    {
      // For HTTP requests; billing itself has a store of its own, whose statements wait behind none of them.
      provide: InvoiceStore,
      inject: [MessagingResources],
      useFactory: ({ requests }: MessagingResources) => new InvoiceStore(requests),
    },
    {
      provide: HttpPaymentGateway,
      inject: [SERVICE_CONFIG],
      useFactory: (config: BillingWorkerConfig) =>
        new HttpPaymentGateway({
          url: config.PAYMENT_GATEWAY_URL,
          timeoutMs: config.PAYMENT_GATEWAY_TIMEOUT,
          failuresToOpen: config.CIRCUIT_FAILURES,
          openForMs: config.CIRCUIT_OPEN_TIME,
        }),
    },
    {
      provide: Billing,
      inject: [MessagingResources, HttpPaymentGateway, SERVICE_CONFIG],
      useFactory: ({ pool, messaging }: MessagingResources, gateway: HttpPaymentGateway, config: BillingWorkerConfig) =>
        new Billing({
          messaging,
          gateway,
          invoices: new InvoiceStore(pool),
          gatewayKeyLifetimeMs: config.PAYMENT_GATEWAY_KEY_LIFETIME,
          topic: config.TOPIC_NAME,
        }),
    },
  ],
})
export class BillingWorkerModule {}
