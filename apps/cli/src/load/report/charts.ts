import { lineChart, type Series } from './line-chart.js';
import type { RunSummary, SampleSummary } from './summary.js';

/** A file of the report. */
export interface ChartFile {
  readonly name: string;
  readonly svg: string;
}

const xLabel = 'seconds';

/** The charts of one run: throughput, backlog and, where they are known, replicas. */
export function chartsOf({ workers, seconds, samples }: RunSummary): ChartFile[] {
  const label = workers.replaceAll(' ', '-');
  const title = `workers: ${workers}`;
  const throughput: Series[] = [
    { name: 'accepted', points: seconds.map(({ accepted }, second) => [second, accepted]) },
    { name: 'paid', points: seconds.map(({ paid }, second) => [second, paid]) },
  ];
  const backlog = seriesOf(samples, 'backlog');
  const replicas = seriesOf(samples, 'replicas');
  return [
    {
      name: `throughput-${label}.svg`,
      svg: lineChart({ title: `Orders a second (${title})`, xLabel, series: throughput }),
    },
    {
      name: `backlog-${label}.svg`,
      svg: lineChart({ title: `Messages waiting or in work, by queue (${title})`, xLabel, series: backlog }),
    },
    ...(replicas.length === 0
      ? []
      : [
          {
            name: `replicas-${label}.svg`,
            svg: lineChart({ title: `Running replicas (${title})`, xLabel, series: replicas, steps: true }),
          },
        ]),
  ];
}

function seriesOf(samples: readonly SampleSummary[], what: 'backlog' | 'replicas'): Series[] {
  const shown = samples.filter(({ second }) => second >= 0);
  const names = Object.keys(shown[0]?.[what] ?? {});
  return names.map((name) => ({ name, points: shown.map((sample) => [sample.second, sample[what][name] ?? 0]) }));
}
