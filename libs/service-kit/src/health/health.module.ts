import {
  type ArgumentsHost,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  Get,
  Module,
  ServiceUnavailableException,
  UseFilters,
} from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
  TerminusModule,
} from '@nestjs/terminus';
import { Public } from '../access/declare-access.js';
import { checkTimeoutMs, type HealthIndicator } from './indicators.js';

/** What a service's health is made of; filled in while it starts. */
export class HealthChecks {
  indicators: readonly HealthIndicator[] = [];
  /** Whether everything runs that the service is there for. */
  started = false;
}

/** The part of a Fastify reply that is needed here. */
interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/** Terminus reports a failed check as an exception; its answer is the report, not a problem document. */
@Catch(ServiceUnavailableException)
class UnhealthyFilter implements ExceptionFilter<ServiceUnavailableException> {
  catch(error: ServiceUnavailableException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Reply>().status(503).send(error.getResponse());
  }
}

/** For an orchestrator: whether to restart this process, to send it work, and whether it has come up. */
@Controller('health')
@UseFilters(UnhealthyFilter)
class HealthController {
  constructor(
    private readonly checks: HealthChecks,
    private readonly health: HealthCheckService,
    private readonly results: HealthIndicatorService,
  ) {}

  @Get('live')
  @Public()
  live(): Promise<HealthCheckResult> {
    return this.#check(this.checks.indicators.filter(({ kind }) => kind === 'live'));
  }

  @Get('ready')
  @Public()
  ready(): Promise<HealthCheckResult> {
    return this.#check([this.#startup(), ...this.checks.indicators]);
  }

  @Get('startup')
  @Public()
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
