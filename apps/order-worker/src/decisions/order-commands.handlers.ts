import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type OrderCancel, type OrderPlace, orderCancel, orderPlace } from '@orderflow/contracts';
import { type MessageContext, MessageHandler } from '@orderflow/messaging/nest';
import { Decisions } from './decisions.js';

/** The commands of queue `orders`. */
@Controller()
export class OrderCommandHandlers {
  constructor(private readonly decisions: Decisions) {}

  @MessageHandler(orderPlace)
  place(@Payload() order: OrderPlace, @Ctx() context: MessageContext): Promise<void> {
    return this.decisions.place(order, context);
  }

  @MessageHandler(orderCancel)
  cancel(@Payload() command: OrderCancel, @Ctx() context: MessageContext): Promise<void> {
    return this.decisions.cancel(command, context);
  }
}
