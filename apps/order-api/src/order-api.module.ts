import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingServer } from '@orderflow/messaging/nest';
import { type Messaging, RequestDatabase } from '@orderflow/service-kit';
import { KeyPurger } from './idempotency/key-purger.js';
import { LabModule } from './lab/lab.module.js';
import type { LabQueue } from './lab/lab-queue.js';
import { CancelOrder } from './orders/cancel-order.js';
import { OrderCommands } from './orders/order-commands.js';
import { OrdersController } from './orders/orders.controller.js';
import { PlaceOrder } from './orders/place-order.js';
import { FactRecorder } from './status/fact-recorder.js';
import { OrderEventsController } from './status/order-events.controller.js';

export interface OrderApiModuleOptions {
  readonly messaging: Messaging;
  readonly lab: LabQueue;
  /** The queue of order-worker. */
  readonly ordersQueue: string;
}

@Module({})
export class OrderApiModule {
  static of({ messaging, lab, ordersQueue }: OrderApiModuleOptions): DynamicModule {
    const { pool, requests, inbox, outbox } = messaging;
    const commands = new OrderCommands({ requests, outbox, queue: ordersQueue });
    return {
      module: OrderApiModule,
      imports: [LabModule.over(lab)],
      controllers: [OrdersController, OrderEventsController],
      providers: [
        { provide: RequestDatabase, useValue: requests },
        { provide: PlaceOrder, useValue: new PlaceOrder(commands) },
        { provide: CancelOrder, useValue: new CancelOrder(commands) },
        { provide: FactRecorder, useValue: new FactRecorder(inbox) },
        { provide: KeyPurger, useValue: new KeyPurger(pool) },
        { provide: MessagingServer, useValue: messaging.server },
      ],
    };
  }
}
