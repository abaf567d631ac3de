/** Something that the health of a service depends on. */
export interface HealthIndicator {
  readonly name: string;
  /**
   * `live`: when it fails, only a restart helps. `ready`: when it fails, the service can take no work now.
   * `degraded`: the service works without it; reported, and answered with 200.
   */
  readonly kind: 'live' | 'ready' | 'degraded';
  /** Details to show; throws an error that says what is wrong. Given up after {@link checkTimeoutMs}. */
  check(): Promise<Readonly<Record<string, unknown>> | void> | Readonly<Record<string, unknown>> | void;
}

/** An indicator that does not answer in this time has failed, in milliseconds. */
export const checkTimeoutMs = 2_000;
