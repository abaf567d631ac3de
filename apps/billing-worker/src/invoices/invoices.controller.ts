import { Controller, Get, Param } from '@nestjs/common';
import { orderId } from '@orderflow/contracts';
import { Problem, RequireScope } from '@orderflow/service-kit';
import { type Invoice, InvoiceStore } from './invoice-store.js';

@Controller('invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoiceStore) {}

  /** The invoice of an order; 404 until its charge has ended. */
  @Get(':orderId')
  @RequireScope('ops:read')
  async ofOrder(@Param('orderId', { schema: orderId }) id: string): Promise<Invoice> {
    const invoice = await this.invoices.ofOrder(id);
    if (invoice) return invoice;
    throw new Problem(404, 'no-such-invoice', `Order ${id} has no invoice, or not yet.`);
  }
}
