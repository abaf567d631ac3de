import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingServer } from '@orderflow/messaging/nest';
import type { Messaging } from '@orderflow/service-kit';
import { Billing } from './invoices/billing.js';
import { InvoiceStore } from './invoices/invoice-store.js';
import { Invoices } from './invoices/invoices.controller.js';
import { OrderEvents } from './invoices/order-events.controller.js';

@Module({})
export class BillingWorkerModule {
  static of(messaging: Messaging, billing: Billing): DynamicModule {
    return {
      module: BillingWorkerModule,
      controllers: [OrderEvents, Invoices],
      providers: [
        { provide: Billing, useValue: billing },
        { provide: InvoiceStore, useValue: new InvoiceStore(messaging.requests) },
        { provide: MessagingServer, useValue: messaging.server },
      ],
    };
  }
}
