import { Module } from '@nestjs/common';
import { MessagingResources, SERVICE_CONFIG } from '@orderflow/service-kit';
import type { BillingWorkerConfig } from './config.js';
import { HttpPaymentGateway } from './gateway/http-payment-gateway.js';
import { Billing } from './invoices/billing.js';
import { InvoiceStore } from './invoices/invoice-store.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { OrderEventHandlers } from './invoices/order-events.handlers.js';

/** Whoever composes the worker provides the {@link HttpPaymentGateway}: the queue's pauses ask the same one. */
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
