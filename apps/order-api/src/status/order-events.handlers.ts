import { Controller } from '@nestjs/common';
import { orderAccepted, orderCancelled, orderRejected, paymentCaptured, paymentFailed } from '@orderflow/contracts';
import { MessageHandler } from '@orderflow/messaging/nest';
import { FactRecorder } from './fact-recorder.js';

/** Queue `order-status`: what became of orders elsewhere. */
@Controller()
export class OrderEventHandlers {
  constructor(private readonly recorder: FactRecorder) {}

  @MessageHandler(orderAccepted)
  accepted(): FactRecorder {
    return this.recorder;
  }

  @MessageHandler(orderRejected)
  rejected(): FactRecorder {
    return this.recorder;
  }

  @MessageHandler(orderCancelled)
  cancelled(): FactRecorder {
    return this.recorder;
  }

  @MessageHandler(paymentCaptured)
  captured(): FactRecorder {
    return this.recorder;
  }

  @MessageHandler(paymentFailed)
  paymentFailed(): FactRecorder {
    return this.recorder;
  }
}
