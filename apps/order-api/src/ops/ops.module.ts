import { Module } from '@nestjs/common';
import { createCatalogue } from '@orderflow/contracts';
import { MessagingResources, RequestDatabase, SERVICE_CONFIG, tokenSource } from '@orderflow/service-kit';
import { looksOf } from './broker/looks-of.js';
import { OpsBroker } from './broker/ops-broker.js';
import { DeadLettersController } from './http/dead-letters.controller.js';
import { ReplaysController } from './http/replays.controller.js';
import { SelectionsController } from './http/selections.controller.js';
import { OpsCipher } from './copies/ops-cipher.js';
import { DiscardsController } from './http/discards.controller.js';
import { createEditCheck } from './edits/check-edit.js';
import { EditsController } from './http/edits.controller.js';
import { ExportsController } from './http/exports.controller.js';
import { AuditController } from './http/audit.controller.js';
import { OutboxesController } from './http/outboxes.controller.js';
import { PausesController } from './http/pauses.controller.js';
import { StoriesController } from './http/stories.controller.js';
import { OpsDatabase } from './ops-database.js';
import { QueuesController } from './http/queues.controller.js';
import type { OpsConfig } from './ops-variables.js';
import { OpsWorker } from './ops-worker.js';
import { createRedaction } from './payload/redact-payload.js';
import { Places, placesOn } from './places.js';
import { Apps } from './workers/apps.js';
import { ConsumerStates } from './workers/consumer-states.js';

/** Looks into queues and their dead letters, and does something about them. */
@Module({
  controllers: [
    QueuesController,
    DeadLettersController,
    SelectionsController,
    ReplaysController,
    DiscardsController,
    ExportsController,
    EditsController,
    AuditController,
    PausesController,
    OutboxesController,
    StoriesController,
  ],
  providers: [
    OpsWorker,
    {
      provide: RequestDatabase,
      inject: [MessagingResources],
      useFactory: ({ requests }: MessagingResources) => requests,
    },
    {
      provide: OpsDatabase,
      inject: [MessagingResources],
      useFactory: (resources: MessagingResources) => new OpsDatabase(resources),
    },
    {
      provide: OpsCipher,
      inject: [SERVICE_CONFIG],
      useFactory: ({ OPS_EXPORT_KEY: key }: OpsConfig) => new OpsCipher(key),
    },
    {
      provide: Places,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: ({ transport }: MessagingResources, { OPS_QUEUES: places }: OpsConfig) =>
        new Places(placesOn(transport.capabilities, places)),
    },
    {
      provide: Apps,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: (own: MessagingResources, config: OpsConfig) =>
        new Apps({ own, workers: config.OPS_WORKERS, token: tokenSource(config) }),
    },
    { provide: ConsumerStates, inject: [Apps], useFactory: (apps: Apps) => new ConsumerStates(apps) },
    {
      provide: OpsBroker,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: (resources: MessagingResources, { DEFAULT_CURRENCY: defaultCurrency }: OpsConfig) => {
        const contracts = createCatalogue({ defaultCurrency });
        return new OpsBroker({
          ...looksOf(resources),
          redact: createRedaction(contracts),
          checkEdit: createEditCheck(contracts),
        });
      },
    },
  ],
})
export class OpsModule {}
