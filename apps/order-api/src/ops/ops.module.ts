import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { createCatalogue } from '@orderflow/contracts';
import {
  MessagingResources,
  RequestDatabase,
  SERVICE_CONFIG,
  secretSource,
  type ServiceContext,
  tokenSource,
} from '@orderflow/service-kit';
import { NoticeRunner } from './alerts/notice-runner.js';
import type { Webhook } from './alerts/webhook.js';
import { looksOf } from './broker/looks-of.js';
import { OpsBroker } from './broker/ops-broker.js';
import { EventHub } from './events/event-hub.js';
import { EventSource } from './events/event-source.js';
import { AlertsController } from './http/alerts.controller.js';
import { DeadLettersController } from './http/dead-letters.controller.js';
import { EventsController } from './http/events.controller.js';
import { MarkersController } from './http/markers.controller.js';
import { ReplaysController } from './http/replays.controller.js';
import { SelectionsController } from './http/selections.controller.js';
import { OpsCipher } from './copies/ops-cipher.js';
import { DiscardsController } from './http/discards.controller.js';
import { createEditCheck } from './edits/check-edit.js';
import { EditsController } from './http/edits.controller.js';
import { GroupChangesController } from './http/group-changes.controller.js';
import { ExportsController } from './http/exports.controller.js';
import { AuditController } from './http/audit.controller.js';
import { OutboxesController } from './http/outboxes.controller.js';
import { PausesController } from './http/pauses.controller.js';
import { StoriesController } from './http/stories.controller.js';
import { Monitor } from './monitor/monitor.js';
import { registerOpsMetrics } from './monitor/ops-metrics.js';
import { staleSecondsOf, watchedConsumers } from './monitor/watched.js';
import { Thresholds } from './monitor/thresholds.js';
import { consumersOf, placesOf } from './operated.js';
import { OpsDatabase } from './ops-database.js';
import { QueuesController } from './http/queues.controller.js';
import type { OpsConfig } from './ops-variables.js';
import { OpsWorker } from './ops-worker.js';
import { createRedaction } from './payload/redact-payload.js';
import { Places, placesOn } from './places.js';
import { Apps } from './workers/apps.js';
import { ConsumerStates } from './workers/consumer-states.js';

/** From one look at what changed to the next while a stream is open, in milliseconds: nothing is told more often. */
const eventsEveryMs = 500;

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
    GroupChangesController,
    AuditController,
    PausesController,
    OutboxesController,
    StoriesController,
    AlertsController,
    MarkersController,
    EventsController,
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
      useFactory: ({ transport }: MessagingResources, config: OpsConfig) =>
        new Places(placesOn(transport.capabilities, placesOf(config))),
    },
    {
      provide: Apps,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: (own: MessagingResources, config: OpsConfig) =>
        new Apps({ own, workers: consumersOf(config), token: tokenSource(config) }),
    },
    { provide: ConsumerStates, inject: [Apps], useFactory: (apps: Apps) => new ConsumerStates(apps) },
    {
      provide: Monitor,
      inject: [MessagingResources, Places, Apps, SERVICE_CONFIG],
      useFactory: monitorOf,
    },
    {
      provide: NoticeRunner,
      inject: [MessagingResources, SERVICE_CONFIG],
      useFactory: ({ pool }: MessagingResources, config: OpsConfig) => {
        const log = new Logger(NoticeRunner.name);
        return new NoticeRunner({ database: pool, log, webhook: webhookOf(config, log) });
      },
    },
    {
      provide: EventHub,
      inject: [OpsDatabase, Places, SERVICE_CONFIG],
      useFactory: (database: OpsDatabase, { all }: Places, { SERVICE_VERSION: version }: OpsConfig) => {
        const logger = new Logger(EventHub.name);
        return new EventHub({
          source: () => new EventSource(database, all),
          version,
          lookEveryMs: eventsEveryMs,
          onError: (err) => logger.warn({ err }, 'streams of events are not told what changes'),
        });
      },
    },
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
export class OpsModule {
  /** @param metrics where the metrics of queues and alerts are read with the service's own */
  static over({ registry }: ServiceContext<unknown>['metrics']): DynamicModule {
    const provide = Symbol('metrics of operations');
    const useFactory = (own: MessagingResources, { all }: Places, config: OpsConfig): void =>
      registerOpsMetrics({
        registry,
        database: own.pool,
        queues: all.map(({ name }) => name),
        consumers: consumedQueues(own, config),
        staleSeconds: staleSecondsOf(config.OPS_INDEX_INTERVAL),
      });
    return {
      module: OpsModule,
      providers: [{ provide, inject: [MessagingResources, Places, SERVICE_CONFIG], useFactory }],
    };
  }
}

/** The queues of which a consumer is known: this service's own, and those that OPS_WORKERS names. */
function consumedQueues({ queue }: MessagingResources, config: OpsConfig): readonly string[] {
  return [...consumersOf(config).keys(), queue];
}

/** @throws StartupError for thresholds of queues that are not watched */
function monitorOf(own: MessagingResources, { all }: Places, apps: Apps, config: OpsConfig): Monitor {
  const queues = all.map(({ name }) => name);
  const consumed = consumedQueues(own, config);
  return new Monitor({
    ...{ pool: own.pool, messaging: own.messaging, queues, consumers: watchedConsumers(apps, consumed) },
    thresholds: new Thresholds(config.OPS_THRESHOLDS, [...queues, ...consumed]),
    staleSeconds: staleSecondsOf(config.OPS_INDEX_INTERVAL),
  });
}

function webhookOf(config: OpsConfig, logger: Logger): Webhook | undefined {
  const { OPS_ALERT_WEBHOOK_URL: url, OPS_ALERT_WEBHOOK_SECRET: secret } = config;
  if (url === undefined || secret === undefined) return undefined;
  const onError = (err: unknown): void => logger.warn({ err }, 'the secret of the webhook could not be read again');
  return { url, secret: secretSource(secret, config.OPS_ALERT_WEBHOOK_SECRET_FILE, onError) };
}
