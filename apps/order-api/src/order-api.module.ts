import { Module } from '@nestjs/common';
import { MessagingResources, orderedQueue, RequestDatabase, SERVICE_CONFIG } from '@orderflow/service-kit';
import type { OrderApiConfig } from './config.js';
import { LabModule } from './lab/lab.module.js';
import { CancelOrder } from './orders/cancel-order.js';
import { OrderCommandOutbox } from './orders/order-command-outbox.js';
import { OrdersController } from './orders/orders.controller.js';
import { ScheduledOrders } from './orders/scheduled-orders.js';
import { PlaceOrder } from './orders/place-order.js';
import { FactRecorder } from './status/fact-recorder.js';
import { OrderEventHandlers } from './status/order-events.handlers.js';

/** Where order-worker takes commands from. */
function commandQueueOf({ QUEUE_NAME: queue, ORDERED: isOrdered }: OrderApiConfig): string {
  return isOrdered ? orderedQueue(queue) : queue;
}

@Module({
  imports: [LabModule.over()],
  controllers: [OrdersController, OrderEventHandlers],
  providers: [
    {
      provide: RequestDatabase,
      inject: [MessagingResources],
      useFactory: ({ requests }: MessagingResources) => requests,
    },
    {
      provide: OrderCommandOutbox,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: ({ requests, inserts, messaging }: MessagingResources, config: OrderApiConfig) =>
        new OrderCommandOutbox({ requests, inserts, messaging, queue: commandQueueOf(config) }),
    },
    {
      provide: PlaceOrder,
      inject: [OrderCommandOutbox, MessagingResources],
      useFactory: (commands: OrderCommandOutbox, { transport }: MessagingResources) =>
        new PlaceOrder(commands, transport.capabilities.longestDelayMs),
    },
    {
      provide: CancelOrder,
      inject: [OrderCommandOutbox, MessagingResources, SERVICE_CONFIG],
      useFactory: (
        commands: OrderCommandOutbox,
        { messaging, transport }: MessagingResources,
        config: OrderApiConfig,
      ) => new CancelOrder(commands, new ScheduledOrders({ messaging, transport, queue: commandQueueOf(config) })),
    },
    {
      provide: FactRecorder,
      inject: [MessagingResources],
      useFactory: ({ messaging }: MessagingResources) => new FactRecorder(messaging.inbox),
    },
  ],
})
export class OrderApiModule {}
