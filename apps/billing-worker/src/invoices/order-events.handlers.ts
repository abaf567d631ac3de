import { Controller } from '@nestjs/common';
import { orderAccepted } from '@orderflow/contracts';
import { MessageHandler } from '@orderflow/messaging/nest';
import { Billing } from './billing.js';

/** The events of queue `billing`. */
@Controller()
export class OrderEventHandlers {
  constructor(private readonly billing: Billing) {}

  @MessageHandler(orderAccepted)
  accepted(): Billing {
    return this.billing;
  }
}
