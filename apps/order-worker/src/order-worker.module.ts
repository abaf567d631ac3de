import { Module } from '@nestjs/common';
import { MessagingResources, SERVICE_CONFIG } from '@orderflow/service-kit';
import type { OrderWorkerConfig } from './config.js';
import { Decisions } from './decisions/decisions.js';
import { OrderCommandHandlers } from './decisions/order-commands.handlers.js';

@Module({
  controllers: [OrderCommandHandlers],
  providers: [
    {
      provide: Decisions,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: ({ messaging }: MessagingResources, config: OrderWorkerConfig) =>
        new Decisions({
          messaging,
          topic: config.TOPIC_NAME,
          rules: { totalLimit: config.ORDER_TOTAL_LIMIT },
        }),
    },
  ],
})
export class OrderWorkerModule {}
