import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { LoadRun } from '../load-run.js';
import type { Outcome } from '../order-outcomes.js';
import type { Placement } from '../order-poster.js';
import { chartsOf } from './charts.js';
import { lineChart } from './line-chart.js';
import { type LoadReport, toMarkdown } from './markdown.js';
import { isComplete, summarize } from './summary.js';

/** A file as it is meant to come out. */
const golden = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

const startedAt = Date.parse('2026-01-31T12:00:00.000Z');

/** Order number `index` of 4, due every half second. */
function placement(index: number, tookMs: number, aheadMs = 0): Placement {
  const intendedAt = startedAt + index * 500;
  const order = { id: `order-${index}`, createdAt: Math.floor(intendedAt + tookMs / 2 + aheadMs) };
  return { intendedAt, sentAt: intendedAt, answeredAt: intendedAt + tookMs, order };
}

const paidAt = (index: number, afterMs: number) => ({
  status: 'paid',
  capturedAt: startedAt + index * 500 + afterMs,
});

const sample = (atMs: number, orders: number, replicas: number) => ({
  at: startedAt + atMs,
  backlog: { orders, billing: 0 },
  replicas: { 'order-worker': replicas },
});

const good: LoadRun = {
  workers: 2,
  schedule: { orders: 4, rate: 2 },
  placements: [10, 20, 30, 40].map((tookMs, index) => placement(index, tookMs)),
  outcomes: new Map([100, 200, 300, 400].map((afterMs, index) => [`order-${index}`, paidAt(index, afterMs)])),
  samples: [sample(-400, 0, 2), sample(0, 1, 2), sample(1_000, 60, 2), sample(2_000, 0, 2)],
  samplingFailures: [],
  deadLettered: { orders: 0, billing: 0 },
};

const bad: LoadRun = {
  ...good,
  workers: 'auto',
  placements: [
    placement(0, 10),
    placement(1, 20),
    { intendedAt: startedAt + 1_000, sentAt: startedAt + 1_000, answeredAt: startedAt + 1_005, failure: 'HTTP 503' },
    placement(3, 40),
  ],
  outcomes: new Map<string, Outcome>([
    ['order-0', paidAt(0, 100)],
    ['order-1', { status: 'accepted' }],
  ]),
  samplingFailures: ['The operation was timed out.'],
  deadLettered: { orders: 0, billing: 1 },
};

describe('summarize', () => {
  it('measures from the moment orders were due', () => {
    expect(summarize(good)).toMatchObject({
      accepted: { orders: 4, perSecond: 2.6, latencyMs: { count: 4, p50: 20, p95: 40, p99: 40, max: 40 } },
      // The last was due after 1.5 s and paid 0.4 s later.
      paid: { orders: 4, perSecond: 2.1, latencyMs: { count: 4, p50: 200, p95: 400, p99: 400, max: 400 } },
      seconds: [
        { accepted: 2, paid: 2 },
        { accepted: 2, paid: 2 },
      ],
      failures: {},
      notPaid: {},
    });
    expect(isComplete(summarize(good))).toBe(true);
  });

  it('counts what failed, what is not paid, and what is missing', () => {
    const summary = summarize(bad);
    expect(summary).toMatchObject({
      accepted: { orders: 3 },
      failures: { 'HTTP 503': 1 },
      paid: { orders: 1, latencyMs: { count: 1, p50: 100 } },
      notPaid: { accepted: 1, missing: 1 },
    });
    expect(isComplete(summary)).toBe(false);
  });

  it("takes the difference of the clocks out of the system's times", () => {
    const aheadMs = 60_000;
    const summary = summarize({
      ...good,
      placements: [placement(0, 10, aheadMs)],
      outcomes: new Map([['order-0', paidAt(0, 100 + aheadMs)]]),
    });
    expect(summary.clockOffsetMs).toBeGreaterThan(aheadMs - 10);
    expect(Math.abs((summary.paid.latencyMs.p50 ?? 0) - 100)).toBeLessThan(10);
  });

  it('gets along with a system that accepted nothing', () => {
    const summary = summarize({ ...good, placements: [], outcomes: new Map(), samples: [] });
    expect(summary).toMatchObject({
      accepted: { orders: 0, perSecond: 0 },
      paid: { latencyMs: { count: 0 } },
      seconds: [],
    });
    expect(chartsOf(summary)).toHaveLength(2);
  });
});

describe('toMarkdown', () => {
  const machine = { cpus: 2, cpu: 'Example CPU', memoryGb: 8, node: '24.0.0', loadBefore: 0.2, loadAfter: 3.1 };
  const report: LoadReport = {
    startedAt: new Date(startedAt).toISOString(),
    command: 'orderflow load --orders 4 --rate 2 --workers 2,auto',
    machine,
    runs: [good, bad].map(summarize),
  };

  it('is the page that it is meant to be', () => {
    const files = report.runs.map((run) => chartsOf(run).map(({ name }) => name));
    expect(toMarkdown(report, files)).toBe(golden('report.md'));
  });
});

describe('lineChart', () => {
  it('draws each line in its colour, with a legend and a grid', () => {
    const chart = lineChart({
      title: 'Backlog <of all>',
      xLabel: 'seconds',
      series: [
        {
          name: 'orders',
          points: [
            [0, 0],
            [10, 110],
            [20, 30],
          ],
        },
        {
          name: 'billing',
          points: [
            [0, 0],
            [20, 150],
          ],
        },
      ],
    });
    expect(chart).toBe(golden('line-chart.svg'));
  });

  it('holds values until they change where lines are steps', () => {
    const series = [
      {
        name: 'replicas',
        points: [
          [0, 2],
          [4, 4],
        ] as const,
      },
    ];
    const corners = /points="([^"]*)"/.exec(lineChart({ title: 'Replicas', xLabel: 's', series, steps: true }))?.[1];
    expect(corners).toBe('56,139 744,139 744,58');
  });
});
