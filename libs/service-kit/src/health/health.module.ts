import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { HealthChecks } from './health-checks.js';

/** Serves `/health/live`, `/health/ready` and `/health/startup`. */
@Module({})
export class HealthModule {
  static of(checks: HealthChecks): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [{ provide: HealthChecks, useValue: checks }],
    };
  }
}
