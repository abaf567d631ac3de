import type { HealthIndicator } from './health-indicator.js';

/** What a service's health is made of; filled in while it starts. */
export class HealthChecks {
  indicators: readonly HealthIndicator[] = [];
  /** Whether everything runs that the service is there for. */
  started = false;
}
