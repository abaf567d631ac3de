import { Controller, type DynamicModule, Get, Header, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Public } from '../access/declare-access.js';

@Controller()
class MetricsController {
  constructor(private readonly registry: Registry) {}

  /** In Prometheus' text format. */
  @Get('metrics')
  @Public()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('cache-control', 'no-store')
  read(): Promise<string> {
    return this.registry.metrics();
  }
}

/** Serves `GET /metrics`. */
@Module({})
export class MetricsModule {
  static of(registry: Registry): DynamicModule {
    return {
      module: MetricsModule,
      controllers: [MetricsController],
      providers: [{ provide: Registry, useValue: registry }],
    };
  }
}
