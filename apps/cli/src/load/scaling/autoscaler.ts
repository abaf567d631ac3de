import type { QueueCount } from '../queue-counts.js';
import { decideReplicas, type ScalingState } from './decide-replicas.js';
import type { ScalingRule } from './scaling-rules.js';

/** Something that runs as many replicas as it is asked for. */
export interface Scalable {
  readonly running: number;
  /** Begins to change their number; called one at a time. */
  scaleTo(count: number): Promise<void>;
}

/** An app with the rule it is scaled by. */
export interface ScaledApp {
  readonly rule: ScalingRule;
  readonly pool: Scalable;
}

/** Applies each rule to the backlog of its queue, as KEDA does in a cluster. */
export class Autoscaler {
  readonly #apps: readonly ScaledApp[];
  readonly #states = new Map<ScaledApp, ScalingState>();

  /** The number of replicas running is where each app starts from. */
  constructor(apps: readonly ScaledApp[]) {
    this.#apps = apps;
    for (const app of apps) this.#states.set(app, { replicas: app.pool.running, recommendations: [] });
  }

  /** Whether every app is back at its minimum. */
  get isAtRest(): boolean {
    return this.#apps.every((app) => this.#stateOf(app).replicas <= app.rule.minReplicas);
  }

  /** Decides once for every app, from the counts of `nowMs`, and begins what follows. */
  async apply(counts: ReadonlyMap<string, QueueCount>, nowMs: number): Promise<void> {
    for (const app of this.#apps) {
      const backlog = counts.get(app.rule.queue)?.active;
      if (backlog === undefined) continue;
      const state = decideReplicas(app.rule, this.#stateOf(app), backlog, nowMs);
      this.#states.set(app, state);
      await app.pool.scaleTo(state.replicas);
    }
  }

  #stateOf(app: ScaledApp): ScalingState {
    return this.#states.get(app) ?? { replicas: app.pool.running, recommendations: [] };
  }
}
