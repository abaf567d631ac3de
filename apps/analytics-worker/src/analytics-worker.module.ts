import { Module } from '@nestjs/common';
import { MessagingResources } from '@orderflow/service-kit';
import { Aggregates } from './aggregates/aggregates.js';
import { EventHandlers } from './aggregates/events.handlers.js';
import { SummaryReader } from './aggregates/summary.js';
import { SummaryController } from './aggregates/summary.controller.js';

@Module({
  controllers: [EventHandlers, SummaryController],
  providers: [
    {
      provide: Aggregates,
      inject: [MessagingResources],
      useFactory: ({ messaging }: MessagingResources) => new Aggregates(messaging.inbox),
    },
    {
      provide: SummaryReader,
      inject: [MessagingResources],
      useFactory: ({ requests }: MessagingResources) => new SummaryReader(requests),
    },
  ],
})
export class AnalyticsWorkerModule {}
