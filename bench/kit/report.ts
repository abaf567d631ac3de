import { median } from './statistics.js';
import { printTable } from './table.js';

/** One quantity of ours beside a baseline's, measured in the same rounds. */
export interface Row {
  readonly what: string;
  readonly unit: '/s' | 'µs' | 'ms';
  /** Which of two values is the better one. */
  readonly better: 'more' | 'less';
  /** The name of the baseline. */
  readonly over: string;
  /** One value a round. */
  readonly baseline: readonly number[];
  readonly ours: readonly number[];
  /** How many times better ours has to be at least; just for people to see when absent. */
  readonly goal?: number | undefined;
  /** Of the rows that have the same here, one goal is enough. */
  readonly either?: string;
}

/** How many times better ours is: the median of the ratios of each round. */
export function gain({ better, baseline, ours }: Row): number {
  const ratios = ours.map((own, round) => {
    const other = baseline[round] ?? Number.NaN;
    return better === 'more' ? own / other : other / own;
  });
  return median(ratios);
}

/** The rows whose goal was missed. What could not be measured is missed as well. */
export function missed(rows: readonly Row[]): readonly Row[] {
  const reached = (row: Row): boolean => row.goal === undefined || gain(row) >= row.goal;
  return rows.filter((row) => {
    const alternatives = rows.filter(({ either, goal }) => either !== undefined && either === row.either && goal);
    return !reached(row) && !alternatives.some(reached);
  });
}

/** Prints the rows with their goals. With `check` the process ends with 1 when one was missed. */
export function report(rows: readonly Row[], check: boolean): void {
  const value = (values: readonly number[], unit: string): string => `${shortened(median(values))} ${unit}`;
  const goal = ({ goal: least, either }: Row): string => {
    return least === undefined ? '' : `≥ ${least}${either === undefined ? '' : ' (one of both)'}`;
  };
  printTable(
    ['what', 'baseline', 'ours', 'ratio', 'reach'],
    rows.map((row) => [
      row.what,
      `${row.over}: ${value(row.baseline, row.unit)}`,
      value(row.ours, row.unit),
      gain(row).toFixed(2),
      goal(row),
    ]),
  );
  const misses = missed(rows);
  if (misses.length > 0) {
    process.stdout.write(`\n${misses.map(({ what, over }) => `Missed: ${what}, against ${over}.`).join('\n')}\n`);
  }
  if (check && misses.length > 0) process.exitCode = 1;
}

function shortened(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
}
