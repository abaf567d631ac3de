import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { LabController } from './lab.controller.js';
import { LAB_QUEUE } from './lab.tokens.js';
import type { LabQueue } from './lab-queue.js';
import { takeRawBody } from './raw-body.js';

/** The messaging lab over one queue. */
@Module({ controllers: [LabController] })
export class LabModule implements OnApplicationShutdown {
  readonly #queue: LabQueue;

  constructor(host: HttpAdapterHost, @Inject(LAB_QUEUE) queue: LabQueue) {
    this.#queue = queue;
    takeRawBody(host.httpAdapter.getInstance<FastifyInstance>(), '/send');
  }

  /** @param queue closed when the application has stopped */
  static over(queue: LabQueue): DynamicModule {
    return { module: LabModule, providers: [{ provide: LAB_QUEUE, useValue: queue }] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#queue.close();
  }
}
