import { Controller, Get, Param } from '@nestjs/common';
import { Problem } from '@orderflow/service-kit';
import { type Invoice, InvoiceStore } from './invoice-store.js';

@Controller('invoices')
export class Invoices {
  constructor(private readonly invoices: InvoiceStore) {}

  /** The invoice of an order; 404 until its charge has ended. */
  @Get(':orderId')
  async ofOrder(@Param('orderId') orderId: string): Promise<Invoice> {
    const invoice = await this.invoices.ofOrder(orderId);
    if (invoice) return invoice;
    throw new Problem(404, 'no-such-invoice', `Order ${orderId} has no invoice, or not yet.`);
  }
}
