import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allOrders } from './orders.js';
import { System } from './system.js';

interface Report {
  readonly runs: readonly {
    readonly workers: string;
    readonly accepted: { readonly orders: number };
    readonly paid: { readonly orders: number; readonly latencyMs: { readonly p50: number; readonly p99: number } };
    readonly deadLettered: Readonly<Record<string, number>>;
    readonly samples: readonly { readonly replicas: Readonly<Record<string, number>> }[];
  }[];
}

const allWorkers = (count: number) => ({
  'order-worker': count,
  'billing-worker': count,
  'analytics-worker': count,
});

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(() => system.remove());

describe('orderflow load', () => {
  it('pays every order with one replica and with those of the autoscaler, and reports it', async () => {
    const out = join(system.state, 'report');
    const small = ['--orders', '50', '--rate', '25', '--warm-up', '5', '--polling-interval', '1'];
    const answer = system.run(
      'load',
      ...small,
      '--cooldown-period',
      '2',
      '--workers',
      '1,auto',
      '--out',
      out,
      '--json',
    );

    const report = JSON.parse(answer) as Report;
    expect(report.runs.map(({ workers, accepted, paid }) => [workers, accepted.orders, paid.orders])).toEqual([
      ['1', 50, 50],
      ['auto', 50, 50],
    ]);
    for (const { paid, deadLettered } of report.runs) {
      expect(paid.latencyMs.p50).toBeGreaterThan(0);
      expect(paid.latencyMs.p99).toBeGreaterThanOrEqual(paid.latencyMs.p50);
      expect(deadLettered).toEqual({ orders: 0, billing: 0, analytics: 0, 'order-status': 0 });
    }
    const [fixed, auto] = report.runs;
    expect(fixed?.samples.at(0)?.replicas).toEqual(allWorkers(1));
    // So few orders leave it at the minimum of the rules.
    expect(auto?.samples.at(0)?.replicas).toEqual(allWorkers(2));

    const page = await readFile(join(out, 'report.md'), 'utf8');
    expect(page).toContain('Every one of 50 orders was accepted and paid.');
    for (const [, file = ''] of page.matchAll(/\]\(([\w-]+\.svg)\)/g)) {
      expect(await readFile(join(out, file), 'utf8')).toContain('<polyline');
    }
    expect(await allOrders(system)).toHaveLength(2 * (50 + 5));
    // The first replica of each belongs to the system and goes on.
    expect([...system.pids().keys()]).toEqual(expect.arrayContaining(Object.keys(allWorkers(1))));
  });

  it('refuses a number of workers that makes no sense', () => {
    expect(() => system.run('load', '--workers', '0')).toThrow(/numbers from 1 to 100 or auto/);
  });
});
