import { Controller } from '@nestjs/common';
import {
  orderAccepted,
  orderCancelled,
  orderRejected,
  paymentCaptured,
  paymentFailed,
  purchase,
  userSignup,
} from '@orderflow/contracts';
import { MessageHandler } from '@orderflow/messaging/nest';
import { Aggregates } from './aggregates.js';

/** Every event of topic `events`. */
@Controller()
export class EventHandlers {
  constructor(private readonly aggregates: Aggregates) {}

  @MessageHandler(paymentCaptured)
  captured(): Aggregates {
    return this.aggregates;
  }

  @MessageHandler(orderAccepted)
  accepted(): Aggregates {
    return this.aggregates;
  }

  @MessageHandler(orderRejected)
  rejected(): Aggregates {
    return this.aggregates;
  }

  @MessageHandler(orderCancelled)
  cancelled(): Aggregates {
    return this.aggregates;
  }

  @MessageHandler(paymentFailed)
  failed(): Aggregates {
    return this.aggregates;
  }

  @MessageHandler(userSignup)
  signup(): Aggregates {
    return this.aggregates;
  }

  @MessageHandler(purchase)
  purchased(): Aggregates {
    return this.aggregates;
  }
}
