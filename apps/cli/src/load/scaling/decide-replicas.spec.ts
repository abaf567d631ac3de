import { describe, expect, it } from '@jest/globals';
import { decideReplicas, recommendedReplicas, type ScalingState } from './decide-replicas.js';
import type { ScalingRule } from './scaling-rules.js';

const rule: ScalingRule = {
  app: 'order-worker',
  queue: 'orders',
  messageCount: 50,
  minReplicas: 2,
  maxReplicas: 6,
  pollingIntervalMs: 15_000,
  cooldownPeriodMs: 60_000,
};

/** The number of replicas after each backlog, looked at every 15 s. */
function replicasFor(backlogs: readonly number[], first: ScalingState): number[] {
  let state = first;
  return backlogs.map((backlog, poll) => {
    state = decideReplicas(rule, state, backlog, poll * rule.pollingIntervalMs);
    return state.replicas;
  });
}

describe('recommendedReplicas', () => {
  it.each([
    [0, 2],
    [1, 2],
    [100, 2],
    [101, 3],
    [150, 3],
    [151, 4],
    [300, 6],
    [301, 6],
    [1_000_000, 6],
  ])('a backlog of %i calls for %i', (backlog, replicas) => {
    expect(recommendedReplicas(rule, backlog)).toBe(replicas);
  });
});

describe('decideReplicas', () => {
  const at = (replicas: number): ScalingState => ({ replicas, recommendations: [] });

  it.each<[string, number, number[], number[]]>([
    ['starts the minimum without a backlog', 0, [0], [2]],
    ['goes up at once', 2, [0, 210, 290], [2, 5, 6]],
    ['stays while the cool-down lasts', 2, [250, 0, 0, 0], [5, 5, 5, 5]],
    ['goes down when it is over', 2, [250, 0, 0, 0, 0], [5, 5, 5, 5, 2]],
    ['goes down in steps, to what was last needed', 2, [300, 200, 120, 0, 0, 0, 0], [6, 6, 6, 6, 4, 3, 2]],
    ['does not flap between two peaks', 2, [250, 0, 250, 0, 250, 0], [5, 5, 5, 5, 5, 5]],
    ['goes up again during the cool-down', 2, [200, 0, 300], [4, 4, 6]],
    ['comes down to the maximum when more are running', 9, [1_000], [6]],
  ])('%s', (_, running, backlogs, replicas) => {
    expect(replicasFor(backlogs, at(running))).toEqual(replicas);
  });

  it('remembers no more than the cool-down period', () => {
    let state = at(2);
    for (let poll = 0; poll < 100; poll += 1) state = decideReplicas(rule, state, poll, poll * rule.pollingIntervalMs);
    expect(state.recommendations.map(({ atMs }) => atMs)).toEqual([96, 97, 98, 99].map((poll) => poll * 15_000));
  });
});
