import { describe, expect, it } from '@jest/globals';
import { missingTools } from '../../optional-tools.mjs';
import { REPOSITORY_ROOT } from '../../seeded-faults/copy.ts';
import { selectorsOf } from './expressions.ts';
import { prometheusProblems } from './prometheus-problems.ts';
import { promtoolProblems } from './promtool.ts';
import { alertsToExplain, runbookProblems } from './runbook.ts';

describe('the alert rules', () => {
  it('ask for what the apps have, resolve by themselves, say what to do, and have a test each', async () => {
    expect(await prometheusProblems(REPOSITORY_ROOT)).toEqual([]);
  });

  const whereIsPromtool = missingTools.some(({ tool }) => tool === 'promtool') ? it.skip : it;
  whereIsPromtool('satisfy promtool', async () => {
    expect(await promtoolProblems(REPOSITORY_ROOT)).toEqual([]);
  });

  it('are read as Prometheus reads them', () => {
    const expr = 'sum by (queue) (rate(a_total{x="1", y!~"2|3"}[5m])) / ignoring (le) b > 0 unless max(c{}) == 1';
    expect(selectorsOf(expr)).toEqual([
      {
        metric: 'a_total',
        matchers: [
          ['x', '1'],
          ['y', '2|3'],
        ],
        overTime: true,
      },
      { metric: 'b', matchers: [], overTime: false },
      { metric: 'c', matchers: [], overTime: false },
    ]);
  });
});

describe('docs/runbook.md', () => {
  it('has a line for every alert, and none for another', async () => {
    expect((await alertsToExplain(REPOSITORY_ROOT)).length).toBeGreaterThan(15);
    expect(await runbookProblems(REPOSITORY_ROOT)).toEqual([]);
  });
});
