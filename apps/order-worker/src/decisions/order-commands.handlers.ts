import { Controller } from '@nestjs/common';
import { orderCancel, orderPlace } from '@orderflow/contracts';
import { MessageHandler } from '@orderflow/messaging/nest';
import { Decisions } from './decisions.js';

/** The commands of queue `orders`. */
@Controller()
export class OrderCommandHandlers {
  constructor(private readonly decisions: Decisions) {}

  @MessageHandler(orderPlace)
  place(): Decisions {
    return this.decisions;
  }

  @MessageHandler(orderCancel)
  cancel(): Decisions {
    return this.decisions;
  }
}
