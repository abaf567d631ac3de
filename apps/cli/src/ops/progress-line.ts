/** How far something is: on a terminal one line that changes, elsewhere a line for each change. */
export class ProgressLine {
  readonly #output: NodeJS.WriteStream;
  #shown = '';

  /** @param output standard output, or standard error where the result itself goes to standard output */
  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  show(line: string): void {
    if (line === this.#shown) return;
    const text = this.#output.isTTY ? `\r\u001b[K${line.slice(0, (this.#output.columns || 80) - 1)}` : `${line}\n`;
    this.#output.write(text);
    this.#shown = line;
  }

  /** What is written next begins on a line of its own. */
  end(): void {
    if (this.#output.isTTY && this.#shown !== '') this.#output.write('\n');
    this.#shown = '';
  }
}
