import { Module } from '@nestjs/common';
import { createCatalogue } from '@orderflow/contracts';
import { brokerAddressOf, MessagingResources, RequestDatabase, SERVICE_CONFIG } from '@orderflow/service-kit';
import { serviceBusCounts } from './broker/count-messages.js';
import { deadLettersOf } from './broker/dead-letters-of.js';
import { OpsBroker } from './broker/ops-broker.js';
import { DeadLettersController } from './http/dead-letters.controller.js';
import { QueuesController } from './http/queues.controller.js';
import type { OpsConfig } from './ops-variables.js';
import { OpsWorker } from './ops-worker.js';
import { createRedaction } from './payload/redact-payload.js';
import { Places } from './places.js';

/** Looks into queues and their dead letters, and does something about them. */
@Module({
  controllers: [QueuesController, DeadLettersController],
  providers: [
    OpsWorker,
    {
      provide: RequestDatabase,
      inject: [MessagingResources],
      useFactory: ({ requests }: MessagingResources) => requests,
    },
    {
      provide: Places,
      inject: [SERVICE_CONFIG],
      useFactory: ({ OPS_QUEUES: places }: OpsConfig) => new Places(places),
    },
    {
      provide: OpsBroker,
      inject: [MessagingResources, SERVICE_CONFIG],
      async useFactory({ transport }: MessagingResources, config: OpsConfig) {
        const address = brokerAddressOf(config);
        return new OpsBroker({
          deadLetters: deadLettersOf(transport),
          count: address && (await serviceBusCounts(address)),
          redact: createRedaction(createCatalogue({ defaultCurrency: config.DEFAULT_CURRENCY })),
        });
      },
    },
  ],
})
export class OpsModule {}
