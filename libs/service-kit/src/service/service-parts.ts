import type { DynamicModule, Type } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { HealthIndicator } from '../health/indicators.js';
import type { Metrics } from '../telemetry/metrics.js';

/** What every service is given to compose itself of. */
export interface ServiceContext<Config> {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What makes one service different from the others. */
export interface ServiceParts {
  readonly module: Type | DynamicModule;
  /** Consumes messages; started after HTTP, so that the service can tell that it is starting. */
  readonly strategy?: (app: NestFastifyApplication) => CustomTransportStrategy;
  /** What its health is made of. */
  readonly health?: (app: NestFastifyApplication) => readonly HealthIndicator[];
  /** Runs before anything listens, for example `requireMigrations`. What it throws ends the start. */
  readonly prepare?: (app: NestFastifyApplication) => Promise<void> | void;
  /**
   * Closes what the service used, after everything else. What it throws fails the stop; of what Nest's own hooks for the
   * shutdown throw, Nest writes a log line and goes on.
   */
  readonly close?: () => Promise<void>;
  /** The largest request body in bytes; 1 MiB by default. */
  readonly bodyLimit?: number;
  /** What a client may do about a failure of ours, in a sentence; in the problem document of such a failure. */
  readonly tryAgain?: string;
}
