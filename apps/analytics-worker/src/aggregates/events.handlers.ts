import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type Activity,
  orderAccepted,
  orderCancelled,
  orderRejected,
  type PaymentCaptured,
  paymentCaptured,
  paymentFailed,
  purchase,
  userSignup,
} from '@orderflow/contracts';
import { type MessageContext, MessageHandler } from '@orderflow/messaging/nest';
import { Aggregates } from './aggregates.js';

/** Every event of topic `events`. */
@Controller()
export class EventHandlers {
  constructor(private readonly aggregates: Aggregates) {}

  @MessageHandler(paymentCaptured)
  captured(@Payload() payment: PaymentCaptured, @Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context, {
      revenue: { currency: payment.currency, amount: payment.amount },
      latencyMs: Date.parse(payment.capturedAt) - Date.parse(payment.orderCreatedAt),
    });
  }

  @MessageHandler(orderAccepted)
  accepted(@Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context);
  }

  @MessageHandler(orderRejected)
  rejected(@Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context);
  }

  @MessageHandler(orderCancelled)
  cancelled(@Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context);
  }

  @MessageHandler(paymentFailed)
  failed(@Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context);
  }

  @MessageHandler(userSignup)
  signup(@Payload() activity: Activity, @Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context, { at: activity.occurredAt });
  }

  @MessageHandler(purchase)
  purchased(@Payload() activity: Activity, @Ctx() context: MessageContext): Promise<void> {
    return this.aggregates.add(context, { at: activity.occurredAt });
  }
}
