export { callTogether, type CallTogetherOptions } from './call-together.js';
export { forbidden, requireScope } from './access/access-guard.js';
export { RequestCaller, RequireScope } from './access/declare-access.js';
export { type Caller, type RouteAccess, type Scope, scopes } from './access/scopes.js';
export { type BrokerAddress, brokerAddressOf, type BrokerVariables } from './config/broker-address.js';
export { type TokenSource, tokenSource } from './access/token-source.js';
export { readSecretFiles, secretSource } from './config/secret-files.js';
export { SERVICE_CONFIG } from './config/config.module.js';
export { describeVariables } from './config/describe-config.js';
export { duration } from './config/duration.js';
export { loadConfig, requireBrokerAddress } from './config/load-config.js';
export { requireRetryPolicy } from './config/retry-variables.js';
export type { Runtime } from './config/runtime-file.js';
export {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  labVariables,
  orderedQueue,
  orderedVariables,
  paymentGatewayVariables,
  port,
  processVariables,
} from './config/variables.js';
export { tracingVariables } from './config/tracing-variables.js';
export { secretFile, variable, wholeNumber } from './config/variable.js';
export { Problem, type ProblemPart } from './http/problem.js';
export { problemDocument } from './http/problem-document.js';
export { ProblemFilter } from './http/problem-filter.js';
export { SchemaPipe } from './http/schema-pipe.js';
export { createLogger } from './logging/create-logger.js';
export { composeMessagingService, type OpenTransport } from './messaging/compose-messaging-service.js';
export { loadTransport, type TransportConfig } from './messaging/load-transport.js';
export { handledOf, type HandledMessage, readHandled } from './messaging/handled-messages.js';
export {
  type SetAsideQuery,
  setAsideQuery,
  type SetAsideRequest,
  setAsideRequest,
} from './messaging/ops-requests.js';
export { type OutboxReport, readOutbox } from './messaging/outbox-report.js';
export { endPause, orderPause, type PauseReport, readPause } from './messaging/pause-report.js';
export { MessagingResources } from './messaging/messaging-resources.js';
export { createPool } from './postgres/create-pool.js';
export { migrate } from './postgres/migrate.js';
export { readMigrations } from './postgres/migrations.js';
export { type Purge, purgeRegularly } from './postgres/purge-regularly.js';
export { DatabaseBusy, RequestDatabase } from './postgres/request-database.js';
export { runService } from './service/run-service.js';
export type { ServiceContext, ServiceParts } from './service/service-parts.js';
export { type RunningService, startService } from './service/start-service.js';
export { StartupError } from './startup-error.js';
export { createMetrics } from './telemetry/metrics.js';
export { traceparentOfRequest } from './telemetry/trace-requests.js';
