import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger as NestLogger } from 'nestjs-pino';
import type { FastifyInstance } from 'fastify';
import type { AccessGuard } from '../access/access-guard.js';
import { accessGuard } from '../access/create-access-guard.js';
import { limitRate } from '../access/limit-rate.js';
import { addSecurityHeaders, type SecuredAnswers } from '../http/security-headers.js';
import { configModule } from '../config/config.module.js';
import { HealthChecks, HealthModule } from '../health/health.module.js';
import { type AnswerHooks, nameInstance } from '../health/instance-header.js';
import { HttpEdge } from '../http/edge/http-edge.js';
import { logRefusals } from '../logging/log-refusals.js';
import { type LoggedRequests, logRequests } from '../logging/log-requests.js';
import { ProblemFilter } from '../http/problem-filter.js';
import { refuseWebPages } from '../http/refuse-web-pages.js';
import { SchemaPipe } from '../http/schema-pipe.js';
import { loggingModule } from '../logging/logging.module.js';
import { closeConnectionsOnStop, type StopHooks } from '../http/close-connections.js';
import type { ResponseHooks } from '../telemetry/http-duration.js';
import { MetricsModule } from '../telemetry/metrics.module.js';
import { MetricsServer } from '../telemetry/metrics-server.js';
import { type RequestHooks, traceIdOfRequest, traceRequests } from '../telemetry/trace-requests.js';
import type { ProcessConfig } from '../config/process-config.js';
import { type ResolvedParts, resolveParts, type ServiceContext, type ServiceParts } from './service-parts.js';
import { StartupError } from '../startup-error.js';

/** A service that runs. */
export interface RunningService {
  /** Where it answers HTTP, for example `http://127.0.0.1:3001`. */
  readonly url: string;
  /** Where its metrics are, when they have a port of their own. */
  readonly metricsUrl?: string;
  /** Every route, in the notation of Fastify: `/orders/:id`. */
  readonly routes: HttpEdge['routes'];
  /** Takes nothing new, finishes what is in flight, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** A connection that is silent for longer is closed; in milliseconds. */
const keepAliveTimeout = 72_000;

@Module({})
class ServiceModule {}

/**
 * Starts a service: a Nest application on Fastify with configuration, logging, metrics, health and problem documents,
 * and with a consumer of messages where the parts name a strategy. Rejects, with everything closed, when it cannot.
 */
export async function startService<Config extends ProcessConfig>(
  context: ServiceContext<Config>,
  parts: ServiceParts,
): Promise<RunningService> {
  const { health, strategy: strategyOf, prepare, close, ...served } = resolveParts(parts);
  const checks = new HealthChecks();
  const { config, logger, metrics } = context;
  const edge = new HttpEdge(logRefusals(logger), { requestTimeoutMs: config.REQUEST_TIMEOUT });
  const guard = accessGuard({ ...context, registry: metrics.registry }, served.pages);
  const readings = config.METRICS_PORT === undefined ? undefined : new MetricsServer({ ...metrics, logger });
  const app = await createApp(context, served, { checks, edge, guard, readings });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= closeAll(app, async () => readings?.close(), close));
  let metricsUrl: string | undefined;
  try {
    checks.indicators = health(app);
    const strategy = strategyOf?.(app);
    if (strategy) app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    await prepare(app);
    await app.init();
    requireDeclared(guard);
    await listen(app, config);
    metricsUrl = await readings?.listen(config.METRICS_PORT ?? 0, config.HOST);
    await app.startAllMicroservices();
  } catch (error) {
    await closeAfter(error, stop);
  }
  checks.started = true;
  const url = (await app.getUrl()).replace(/\/$/, '');
  logger.info({ url, ...(metricsUrl && { metricsUrl }) }, 'listening');
  return { url, ...(metricsUrl && { metricsUrl }), routes: edge.routes, stop };
}

/** What answers requests besides the module: health pages, and the edge that refuses. */
interface Surroundings {
  readonly checks: HealthChecks;
  readonly edge: HttpEdge;
  readonly guard: AccessGuard;
  /** Absent where metrics are read beside everything else. */
  readonly readings: MetricsServer | undefined;
}

async function createApp<Config extends ProcessConfig>(
  { config, logger, metrics }: ServiceContext<Config>,
  { module, bodyLimit, tryAgain }: Pick<ResolvedParts, 'module' | 'bodyLimit' | 'tryAgain'>,
  { checks, edge, guard, readings }: Surroundings,
): Promise<NestFastifyApplication> {
  const imports = [
    configModule(config),
    loggingModule(logger),
    ...(readings ? [] : [MetricsModule.of(metrics.registry)]),
    HealthModule.of(checks),
    module,
  ];
  const genReqId = () => randomUUID();
  const adapter = new FastifyAdapter({ ...edge.options, bodyLimit, keepAliveTimeout, genReqId });
  const servers = [adapter.getInstance<FastifyInstance>().server, ...(readings ? [readings.server] : [])];
  refuseWebPages(servers, { config, logger, registry: metrics.registry });
  traceRequests(adapter.getInstance<RequestHooks>());
  metrics.http(adapter.getInstance<ResponseHooks>());
  closeConnectionsOnStop(adapter.getInstance<StopHooks>());
  nameInstance(adapter.getInstance<AnswerHooks>(), process.env['ORDERFLOW_INSTANCE']);
  adapter.getInstance().removeContentTypeParser('text/plain');
  edge.guard(adapter.getInstance());
  guard.guard(adapter.getInstance());
  await limitRate(adapter.getInstance(), config);
  addSecurityHeaders(adapter.getInstance<SecuredAnswers>());
  // What was refused until here is logged where it was.
  logRequests(adapter.getInstance<LoggedRequests>(), { logger, traceIdOf: traceIdOfRequest });
  const app = await NestFactory.create<NestFastifyApplication>({ module: ServiceModule, imports }, adapter, {
    bufferLogs: true,
    // Nest would read forms as well, and texts: requests that no schema here can mean.
    bodyParser: false,
    abortOnError: false,
  });
  app.useLogger(app.get(NestLogger));
  app.useGlobalPipes(new SchemaPipe()).useGlobalFilters(new ProblemFilter(tryAgain));
  return app;
}

/** @throws StartupError for routes of which nobody knows who may use them */
function requireDeclared({ undeclared }: AccessGuard): void {
  if (undeclared.length === 0) return;
  const advice = 'Give each a @RequireScope or @Public.';
  throw new StartupError(`These routes do not say who may use them: ${undeclared.join('; ')}. ${advice}`);
}

/** @throws StartupError when something else listens there already */
async function listen(app: NestFastifyApplication, { PORT, HOST }: ProcessConfig): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'EADDRINUSE') throw cause;
    const advice = 'Set PORT to another one, or to 0 for any that is free.';
    throw new StartupError(`Port ${PORT} of ${HOST} is taken. ${advice}`, { cause });
  }
}

/** Each after the one before, whatever became of that. */
async function closeAll(app: NestFastifyApplication, ...others: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of [() => app.close(), ...others]) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 1) throw new AggregateError(failures, 'Several things did not close.');
  if (failures.length === 1) throw failures[0];
}

/** Rejects with the reason why the start failed, and with both where closing failed as well. */
async function closeAfter(reason: unknown, stop: () => Promise<void>): Promise<never> {
  try {
    await stop();
  } catch (error) {
    throw new AggregateError([reason, error], 'The service did not start, and did not close either.');
  }
  throw reason;
}
