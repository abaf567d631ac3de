import { describe, expect, it } from '@jest/globals';
import { Monitor } from './monitor.js';
import type { QueueCount } from './queue-counts.js';
import { Autoscaler } from './scaling/autoscaler.js';
import { scalingRules } from './scaling/scaling-rules.js';

const counts = (active: number): ReadonlyMap<string, QueueCount> => new Map([['orders', { active, deadLetter: 0 }]]);

describe('Monitor', () => {
  it('lets the autoscaler decide at its interval, and goes on after counts that could not be read', async () => {
    const stop = new AbortController();
    const pool = {
      running: 1,
      scaleTo: async (count: number) => void (pool.running = count),
    };
    const reads = [() => counts(160), () => Promise.reject(new Error('busy')), () => counts(900)];
    const monitor = new Monitor({
      counts: { read: async () => (reads.shift() ?? (() => counts(0)))() },
      queues: ['orders'],
      pools: new Map([['order-worker', pool]]),
      autoscaler: new Autoscaler(scalingRules.slice(0, 1).map((rule) => ({ rule, pool }))),
      pollingIntervalMs: 60_000,
      onSample: () => reads.length === 0 && stop.abort(),
    });
    await monitor.watch(stop.signal);
    expect(monitor.samples).toEqual([
      { at: expect.any(Number), backlog: { orders: 160 }, replicas: { 'order-worker': 4 } },
      // The next decision is not due yet.
      { at: expect.any(Number), backlog: { orders: 900 }, replicas: { 'order-worker': 4 } },
    ]);
    expect(monitor.failures).toEqual(['busy']);
  });
});
