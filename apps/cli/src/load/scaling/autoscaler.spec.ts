import { describe, expect, it } from '@jest/globals';
import { Autoscaler, type Scalable } from './autoscaler.js';
import { scalingRules } from './scaling-rules.js';

/** Replicas that are ready as soon as they are asked for. */
class Replicas implements Scalable {
  running = 1;
  scaleTo(count: number): Promise<void> {
    this.running = count;
    return Promise.resolve();
  }
}

const counts = (backlogs: Record<string, number>) =>
  new Map(Object.entries(backlogs).map(([queue, active]) => [queue, { active, deadLetter: 0 }]));

describe('Autoscaler', () => {
  const scaled = () => scalingRules.map((rule) => ({ rule, pool: new Replicas() }));
  const running = (apps: ReturnType<typeof scaled>) => apps.map(({ pool }) => pool.running);

  it('scales each app on its own queue', async () => {
    const apps = scaled();
    const autoscaler = new Autoscaler(apps);
    await autoscaler.apply(counts({ orders: 240, billing: 3_000, analytics: 600, 'order-status': 9_999 }), 0);
    expect(running(apps)).toEqual([5, 20, 3]);
    expect(autoscaler.isAtRest).toBe(false);
  });

  it('returns to the minimum after the cool-down', async () => {
    const apps = scaled();
    const autoscaler = new Autoscaler(apps);
    const idle = { orders: 0, billing: 0, analytics: 0 };
    await autoscaler.apply(counts({ ...idle, orders: 240 }), 0);
    await autoscaler.apply(counts(idle), 299_999);
    expect(running(apps)).toEqual([5, 2, 2]);
    await autoscaler.apply(counts(idle), 300_000);
    expect(running(apps)).toEqual([2, 2, 2]);
    expect(autoscaler.isAtRest).toBe(true);
  });

  it('leaves an app alone whose backlog is not known', async () => {
    const apps = scaled();
    await new Autoscaler(apps).apply(counts({ orders: 1_000 }), 0);
    expect(running(apps)).toEqual([20, 1, 1]);
  });
});
