import type { TracingConfig } from './tracing-variables.js';

/** The variables that every service has (`port`, `processVariables`, `accessVariables` and `tracingVariables`). */
export interface ProcessConfig extends TracingConfig {
  readonly PORT: number;
  readonly HOST: string;
  readonly ALLOWED_HOSTS?: readonly string[] | undefined;
  readonly ALLOWED_ORIGINS?: readonly string[] | undefined;
  readonly LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly SHUTDOWN_TIMEOUT: number;
  readonly REQUEST_TIMEOUT?: number | undefined;
  readonly METRICS_PORT?: number | undefined;
  readonly NODE_ENV?: string | undefined;
  readonly AUTH_ISSUER?: string | undefined;
  readonly AUTH_AUDIENCE?: string | undefined;
  readonly AUTH_JWKS_URL?: string | undefined;
  readonly AUTH_ALGORITHMS?: readonly string[] | undefined;
  readonly AUTH_CUSTOMER_CLAIM?: string | undefined;
  readonly AUTH_LEEWAY?: number | undefined;
  readonly RATE_LIMIT?: number | undefined;
}
