const width = 30;

/** A bar on one line of a terminal. */
export class ProgressBar {
  readonly #total: number;
  readonly #output: NodeJS.WriteStream;

  constructor(total: number, output: NodeJS.WriteStream) {
    this.#total = total;
    this.#output = output;
  }

  show(done: number): void {
    const filled = Math.round((done / this.#total) * width);
    this.#output.write(`\r${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}/${this.#total}`);
  }

  /** Clears the line. */
  end(): void {
    this.#output.write('\r\u001b[K');
  }
}
