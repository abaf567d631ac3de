import { type DynamicModule, Module } from '@nestjs/common';
import type { PostgresInbox, PostgresOutbox } from '@orderflow/messaging/postgres';
import pg from 'pg';
import { LabModule } from './lab/lab.module.js';
import type { LabQueue } from './lab/lab-queue.js';
import { CancelOrder } from './orders/cancel-order.js';
import { OrderCommands } from './orders/order-commands.js';
import { OrdersController } from './orders/orders.controller.js';
import { PlaceOrder } from './orders/place-order.js';
import type { OutboxRelay } from './outbox-relay.js';
import { Purger } from './retention/purger.js';
import { FactRecorder } from './status/fact-recorder.js';
import { OrderEventsController } from './status/order-events.controller.js';

export interface OrderApiModuleOptions {
  readonly pool: pg.Pool;
  readonly outbox: PostgresOutbox;
  readonly inbox: PostgresInbox;
  readonly relay: OutboxRelay;
  readonly lab: LabQueue;
  /** Where commands go. */
  readonly ordersQueue: string;
  /** Where events come from. */
  readonly statusQueue: string;
}

@Module({ controllers: [OrdersController, OrderEventsController] })
export class OrderApiModule {
  static of({ pool, outbox, inbox, relay, lab, ordersQueue, statusQueue }: OrderApiModuleOptions): DynamicModule {
    const commands = new OrderCommands({ pool, outbox, queue: ordersQueue });
    return {
      module: OrderApiModule,
      imports: [LabModule.over(lab)],
      providers: [
        { provide: pg.Pool, useValue: pool },
        { provide: PlaceOrder, useFactory: () => new PlaceOrder(commands) },
        { provide: CancelOrder, useFactory: () => new CancelOrder(commands) },
        { provide: FactRecorder, useFactory: () => new FactRecorder(inbox, statusQueue) },
        { provide: Purger, useFactory: () => new Purger(pool, inbox) },
        { provide: 'OutboxRelay', useFactory: () => relay },
      ],
    };
  }
}
