import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type OrderAccepted, orderAccepted } from '@orderflow/contracts';
import { type MessageContext, MessageHandler } from '@orderflow/messaging/nest';
import { Billing } from './billing.js';

/** The events of queue `billing`. */
@Controller()
export class OrderEventHandlers {
  constructor(private readonly billing: Billing) {}

  @MessageHandler(orderAccepted)
  accepted(@Payload() { order }: OrderAccepted, @Ctx() context: MessageContext): Promise<void> {
    return this.billing.bill(order, context);
  }
}
