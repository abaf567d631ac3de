/** How one app is scaled on the backlog of its queue: what a KEDA ScaledObject says. */
export interface ScalingRule {
  readonly app: string;
  readonly queue: string;
  /** Messages that one replica is meant to take. */
  readonly messageCount: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** How often the backlog is looked at. */
  readonly pollingIntervalMs: number;
  /** How long fewer replicas must have been enough before some are stopped. */
  readonly cooldownPeriodMs: number;
}

const shared = { minReplicas: 2, pollingIntervalMs: 15_000, cooldownPeriodMs: 300_000 } as const;

/** The workers' rules, as in `infra/kubernetes/base`; a test compares them. */
export const scalingRules: readonly ScalingRule[] = Object.freeze([
  { ...shared, app: 'order-worker', queue: 'orders', messageCount: 50, maxReplicas: 20 },
  { ...shared, app: 'billing-worker', queue: 'billing', messageCount: 50, maxReplicas: 20 },
  { ...shared, app: 'analytics-worker', queue: 'analytics', messageCount: 200, maxReplicas: 10 },
]);
