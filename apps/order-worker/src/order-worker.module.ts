import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingServer } from '@orderflow/messaging/nest';
import type { Messaging } from '@orderflow/service-kit';
import { Decisions } from './decisions/decisions.js';
import { OrderCommands } from './decisions/order-commands.controller.js';

@Module({})
export class OrderWorkerModule {
  static of(messaging: Messaging, decisions: Decisions): DynamicModule {
    return {
      module: OrderWorkerModule,
      controllers: [OrderCommands],
      providers: [
        { provide: Decisions, useValue: decisions },
        { provide: MessagingServer, useValue: messaging.server },
      ],
    };
  }
}
