import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingServer } from '@orderflow/messaging/nest';
import type { Messaging } from '@orderflow/service-kit';
import { Aggregates } from './aggregates/aggregates.js';
import { Events } from './aggregates/events.controller.js';
import { SummaryReader } from './aggregates/summary.js';
import { SummaryController } from './aggregates/summary.controller.js';

@Module({})
export class AnalyticsWorkerModule {
  static of(messaging: Messaging): DynamicModule {
    return {
      module: AnalyticsWorkerModule,
      controllers: [Events, SummaryController],
      providers: [
        { provide: Aggregates, useValue: new Aggregates(messaging.inbox) },
        { provide: SummaryReader, useValue: new SummaryReader(messaging.requests) },
        { provide: MessagingServer, useValue: messaging.server },
      ],
    };
  }
}
