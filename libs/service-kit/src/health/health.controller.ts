import { Controller, Get, Inject, UseFilters } from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { HealthChecks } from './health-checks.js';
import { UnhealthyFilter } from './unhealthy-filter.js';
import { checkTimeoutMs, type HealthIndicator } from './health-indicator.js';

/** For an orchestrator: whether to restart this process, to send it work, and whether it has come up. */
@Controller('health')
@UseFilters(UnhealthyFilter)
export class HealthController {
  constructor(
    @Inject(HealthChecks) private readonly checks: HealthChecks,
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly results: HealthIndicatorService,
  ) {}

  @Get('live')
  live(): Promise<HealthCheckResult> {
    return this.#check(this.checks.indicators.filter(({ kind }) => kind === 'live'));
  }

  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.#check([this.#startup(), ...this.checks.indicators]);
  }

  @Get('startup')
  startup(): Promise<HealthCheckResult> {
    return this.#check([this.#startup()]);
  }

  #startup(): HealthIndicator {
    return {
      name: 'startup',
      kind: 'ready',
      check: () => {
        if (!this.checks.started) throw new Error('still starting');
      },
    };
  }

  #check(indicators: readonly HealthIndicator[]): Promise<HealthCheckResult> {
    return this.health.check(indicators.map((indicator) => () => this.#ask(indicator)));
  }

  async #ask({ name, kind, check }: HealthIndicator): Promise<HealthIndicatorResult> {
    const session = this.results.check(name);
    const result = await session.attempt(async () => check()).withTimeout(checkTimeoutMs);
    if (kind !== 'degraded' || result[name]?.status !== 'down') return result;
    const { status: _, ...details } = result[name];
    return session.degraded(details);
  }
}
