import type { Sample } from './monitor.js';
import type { Placing } from './place-orders.js';

/** Shows how a run gets on: on a terminal one line that changes, elsewhere a line for each phase. */
export class Progress {
  readonly #output: NodeJS.WriteStream;
  #shown = false;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** A line that stays. */
  say(line: string): void {
    this.clear();
    this.#output.write(`${line}\n`);
  }

  /** Replaces what was shown before. */
  show(placing: Placing, sample: Sample | undefined): void {
    if (!this.#output.isTTY) return;
    const line = describeProgress(placing, sample);
    this.#output.write(`\r\u001b[K${line.slice(0, Math.max(20, this.#output.columns - 1))}`);
    this.#shown = true;
  }

  /** Removes the line that changes. */
  clear(): void {
    if (this.#shown) this.#output.write('\r\u001b[K');
    this.#shown = false;
  }
}

export function describeProgress({ sent, accepted, failed }: Placing, sample: Sample | undefined): string {
  const counts = (values: Readonly<Record<string, number>> = {}): string =>
    Object.entries(values)
      .map(([name, count]) => `${name} ${count}`)
      .join(' ');
  const replicas = counts(sample?.replicas);
  return [
    `sent ${sent}, accepted ${accepted}, failed ${failed}`,
    `backlog: ${counts(sample?.backlog)}`,
    ...(replicas === '' ? [] : [`replicas: ${replicas}`]),
  ].join(' | ');
}
