import { type DynamicModule, type FactoryProvider, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { createLogger, loadTransport, SERVICE_CONFIG } from '@orderflow/service-kit';
import type { FastifyInstance } from 'fastify';
import type { OrderApiConfig } from '../config.js';
import { LabController } from './lab.controller.js';
import { LAB_QUEUE, type LabQueue } from './lab-queue.js';
import { TransportLabQueue } from './transport-lab-queue.js';
import { takeRawBody } from './lab-requests.js';

/** How Nest makes the queue. */
export type LabQueueFactory = Pick<FactoryProvider<LabQueue>, 'useFactory' | 'inject'>;

/** The messaging lab over one queue. */
@Module({ controllers: [LabController] })
export class LabModule implements OnApplicationShutdown {
  constructor(
    host: HttpAdapterHost,
    @Inject(LAB_QUEUE) private readonly queue: LabQueue,
  ) {
    takeRawBody(host.httpAdapter.getInstance<FastifyInstance>(), '/send');
  }

  /** @param factory makes the queue, which is closed when the application has stopped; by default the configured one */
  static over(factory: LabQueueFactory = configuredQueue): DynamicModule {
    return { module: LabModule, providers: [{ provide: LAB_QUEUE, ...factory }] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}

/** Somebody waits for the lab's answers: better an early error than a late success. */
const limits = { requestTimeoutMs: 5_000, maxReconnectDelayMs: 500 };

/** The lab queue of the configured broker, over connections of its own. Connects when it is used. */
const configuredQueue: LabQueueFactory = {
  inject: [SERVICE_CONFIG],
  async useFactory(config: OrderApiConfig) {
    const logger = createLogger({ name: 'order-api', level: config.LOG_LEVEL });
    return new TransportLabQueue(await loadTransport(config, logger, limits), config.LAB_QUEUE_NAME);
  },
};
