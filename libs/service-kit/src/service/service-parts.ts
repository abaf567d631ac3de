import type { DynamicModule, Type } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { AccessGuardOptions } from '../access/access-guard.js';
import type { HealthIndicator } from '../health/indicators.js';
import { requireWholeNumber } from '../require-whole-number.js';
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
  /** Consumes messages; started after HTTP, so that health can say that it is starting. */
  readonly strategy?: ((app: NestFastifyApplication) => CustomTransportStrategy) | undefined;
  /** What its health is made of. */
  readonly health?: ((app: NestFastifyApplication) => readonly HealthIndicator[]) | undefined;
  /** Runs before anything listens, for example `requireMigrations`. What it throws ends the start. */
  readonly prepare?: ((app: NestFastifyApplication) => Promise<void> | void) | undefined;
  /**
   * Closes what the service used, after everything else. What it throws fails the stop; of what Nest's own hooks for the
   * shutdown throw, Nest writes a log line and goes on.
   */
  readonly close?: (() => Promise<void>) | undefined;
  /** The largest request body in bytes, 1 at least; 1 MiB by default. */
  readonly bodyLimit?: number | undefined;
  /** Who may use routes that a library adds, by the beginning of their path; every other route says so itself. */
  readonly pages?: AccessGuardOptions['pages'] | undefined;
  /** What a client may do about a failure of ours, in a sentence; in the problem document of such a failure. */
  readonly tryAgain?: string | undefined;
}

/** The parts with every default. */
export type ResolvedParts = Required<Omit<ServiceParts, 'strategy' | 'tryAgain' | 'pages'>> &
  Pick<ServiceParts, 'strategy' | 'tryAgain' | 'pages'>;

/** @throws RangeError for a `bodyLimit` that makes no sense */
export function resolveParts(parts: ServiceParts): ResolvedParts {
  const { module, strategy, health = () => [], prepare = () => undefined } = parts;
  const { close = async () => undefined, bodyLimit = 1_048_576, tryAgain, pages } = parts;
  requireWholeNumber('bodyLimit', bodyLimit, 1);
  return Object.freeze({ module, strategy, health, prepare, close, bodyLimit, tryAgain, pages });
}
