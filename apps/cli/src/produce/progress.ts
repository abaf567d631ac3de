/** How often the line on a terminal changes, and how often a line is written elsewhere, in milliseconds. */
const redrawMs = 100;
const lineMs = 5_000;
const widestBar = 30;
/** What stands beside the bar, at most. */
const besideBar = 32;

/** How far sending is: on a terminal one line that changes, elsewhere a line every five seconds. */
export class Progress {
  readonly #total: number;
  readonly #output: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #done = 0;
  #isShown = false;

  constructor(total: number, output: NodeJS.WriteStream) {
    this.#total = total;
    this.#output = output;
    this.#timer = setInterval(() => this.#draw(), output.isTTY ? redrawMs : lineMs);
    this.#timer.unref();
  }

  /** So many are sent by now. */
  show(done: number): void {
    this.#done = done;
  }

  /** Shows no more; removes the line that changes. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#isShown) this.#output.write('\r\u001b[K');
    this.#isShown = false;
  }

  #draw(): void {
    const share = this.#done / this.#total;
    const rate = Math.round(this.#done / ((performance.now() - this.#startedAt) / 1_000));
    if (!this.#output.isTTY) {
      this.#output.write(`${this.#done} of ${this.#total} sent (${Math.floor(share * 100)} %), ${rate} a second\n`);
      return;
    }
    const width = Math.max(0, Math.min(widestBar, (this.#output.columns || 80) - besideBar));
    const filled = Math.round(share * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const line = `${bar} ${this.#done}/${this.#total}, ${rate} a second`;
    this.#output.write(`\r\u001b[K${line.slice(0, (this.#output.columns || 80) - 1)}`);
    this.#isShown = true;
  }
}
