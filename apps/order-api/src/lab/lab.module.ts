import { type DynamicModule, type FactoryProvider, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { brokerAddressOf, processIdentity, SERVICE_CONFIG, StartupError } from '@orderflow/service-kit';
import type { FastifyInstance } from 'fastify';
import type { OrderApiConfig } from '../config.js';
import { LabController } from './lab.controller.js';
import { LAB_QUEUE, type LabQueue } from './lab-queue.js';
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
const clientOptions = { retryOptions: { maxRetries: 1, timeoutInMs: 5_000, retryDelayInMs: 500 } };

/** The lab queue of the configured broker, whose client is loaded here. Connects when it is used. */
const configuredQueue: LabQueueFactory = {
  inject: [SERVICE_CONFIG],
  async useFactory(config: OrderApiConfig) {
    const address = brokerAddressOf(config);
    if (!address) throw new StartupError('The broker has no address.');
    const { ServiceBusClient } = await import('@azure/service-bus');
    const { ServiceBusLabQueue } = await import('./service-bus-lab-queue.js');
    const client =
      'connectionString' in address
        ? new ServiceBusClient(address.connectionString, clientOptions)
        : new ServiceBusClient(address.fullyQualifiedNamespace, await processIdentity(), clientOptions);
    return new ServiceBusLabQueue(client, config.LAB_QUEUE_NAME);
  },
};
