import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  orderAccepted,
  type OrderAccepted,
  orderCancelled,
  type OrderCancelled,
  orderRejected,
  type OrderRejected,
  paymentCaptured,
  type PaymentCaptured,
  paymentFailed,
  type PaymentFailed,
} from '@orderflow/contracts';
import { type MessageContext, MessageHandler } from '@orderflow/messaging/nest';
import { FactRecorder } from './fact-recorder.js';
import {
  factsOfAccepted,
  factsOfCancelled,
  factsOfCaptured,
  factsOfPaymentFailed,
  factsOfRejected,
} from './event-facts.js';

/** Queue `order-status`: what became of orders elsewhere. */
@Controller()
export class OrderEventHandlers {
  constructor(private readonly recorder: FactRecorder) {}

  @MessageHandler(orderAccepted)
  async accepted(@Payload() event: OrderAccepted, @Ctx() { message, signal }: MessageContext): Promise<void> {
    await this.recorder.record(message, factsOfAccepted(event), signal);
  }

  @MessageHandler(orderRejected)
  async rejected(@Payload() event: OrderRejected, @Ctx() { message, signal }: MessageContext): Promise<void> {
    await this.recorder.record(message, factsOfRejected(event), signal);
  }

  @MessageHandler(orderCancelled)
  async cancelled(@Payload() event: OrderCancelled, @Ctx() { message, signal }: MessageContext): Promise<void> {
    await this.recorder.record(message, factsOfCancelled(event), signal);
  }

  @MessageHandler(paymentCaptured)
  async captured(@Payload() event: PaymentCaptured, @Ctx() { message, signal }: MessageContext): Promise<void> {
    await this.recorder.record(message, factsOfCaptured(event), signal);
  }

  @MessageHandler(paymentFailed)
  async paymentFailed(@Payload() event: PaymentFailed, @Ctx() { message, signal }: MessageContext): Promise<void> {
    await this.recorder.record(message, factsOfPaymentFailed(event), signal);
  }
}
