/** What the parts of the benchmark share. */
export interface Growth {
  /** Rows, or messages, that are there already. */
  readonly rows: number;
  readonly rounds: number;
  /** How much of the throughput of an empty one has to be left. */
  readonly goal: number;
  /** How many of a full round's things one does. */
  size(full: number): number;
}

export const OVER = 'empty';
/** Rounds that do not count. */
export const WARM_UP = 2;

export const shown = (rows: number): string => rows.toLocaleString('en');
