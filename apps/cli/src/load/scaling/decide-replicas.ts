import type { ScalingRule } from './scaling-rules.js';

/** How many replicas a backlog called for, and when. */
export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

/** What must be remembered from one decision to the next. */
export interface ScalingState {
  readonly replicas: number;
  /** Those of the last cool-down period, oldest first. */
  readonly recommendations: readonly Recommendation[];
}

/** KEDA's formula: one replica for each `messageCount` waiting messages, between minimum and maximum. */
export function recommendedReplicas(rule: ScalingRule, backlog: number): number {
  return Math.max(rule.minReplicas, Math.min(rule.maxReplicas, Math.ceil(backlog / rule.messageCount)));
}

/**
 * Scales up at once, and down only to the highest number that was recommended within the cool-down period. That is
 * what Kubernetes does for KEDA: above the minimum its autoscaler waits out a stabilization window, whose default of
 * 300 s equals KEDA's default cool-down. Kubernetes' tolerance of 10 % and its limit on how many pods start at once
 * (4, or as many as there are, every 15 s) are left out.
 */
export function decideReplicas(rule: ScalingRule, state: ScalingState, backlog: number, nowMs: number): ScalingState {
  const recommended = recommendedReplicas(rule, backlog);
  const recent = state.recommendations.filter(({ atMs }) => nowMs - atMs < rule.cooldownPeriodMs);
  const recommendations = [...recent, { atMs: nowMs, replicas: recommended }];
  const highest = Math.max(...recommendations.map(({ replicas }) => replicas));
  const replicas = recommended > state.replicas ? recommended : Math.min(state.replicas, highest);
  return { replicas, recommendations };
}
