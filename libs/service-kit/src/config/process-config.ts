/** The variables that every service has (`port` and `processVariables`). */
export interface ProcessConfig {
  readonly PORT: number;
  readonly HOST: string;
  readonly ALLOWED_HOSTS?: readonly string[] | undefined;
  readonly ALLOWED_ORIGINS?: readonly string[] | undefined;
  readonly LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly SHUTDOWN_TIMEOUT: number;
}
