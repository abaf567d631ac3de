export { describeConfig, describeVariables } from './config/describe-config.js';
export { duration, parseDuration } from './config/duration.js';
export { type EnvironmentOptions, readEnvironment } from './config/environment.js';
export { ConfigError, type Environment, loadConfig, requireBrokerAddress } from './config/load-config.js';
export {
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  labVariables,
  paymentGatewayVariables,
  port,
  processVariables,
  variable,
  type VariableNotes,
  wholeNumber,
} from './config/variables.js';
export type { HealthIndicator } from './health/health-indicator.js';
export { databaseIndicator, receiverDegradation, type ReceiverHealth, receiverLiveness } from './health/indicators.js';
export { Problem, type ProblemOptions, type ProblemPart } from './http/problem.js';
export { type ProblemDocument, problemContentType, problemDocument } from './http/problem-document.js';
export { ProblemFilter } from './http/problem-filter.js';
export { SchemaPipe } from './http/schema-pipe.js';
export { createLogger, type LoggerOptions } from './logging/create-logger.js';
export { logDeliveries } from './logging/log-deliveries.js';
export { loadTransport, type TransportConfig } from './messaging/load-transport.js';
export { Messaging, type MessagingConfig, type MessagingOptions } from './messaging/messaging.js';
export { createPool, type PoolOptions } from './postgres/create-pool.js';
export { migrate, MigrationConflict, pendingMigrations } from './postgres/migrate.js';
export { checksum, type Migration, readMigrations } from './postgres/migrations.js';
export { DatabaseBusy, RequestDatabase, type RequestDatabaseOptions } from './postgres/request-database.js';
export { requireMigrations } from './postgres/require-migrations.js';
export { runService, type ServiceDefinition } from './service/run-service.js';
export type { ProcessConfig, ServiceContext, ServiceParts } from './service/service-parts.js';
export { type RunningService, startService } from './service/start-service.js';
export { StartupError } from './service/startup-error.js';
export { shutdownOnSignal, type ShutdownOptions, type ShutdownProcess } from './shutdown/shutdown-on-signal.js';
export { type Backlog, createMetrics, type Metrics } from './telemetry/metrics.js';
