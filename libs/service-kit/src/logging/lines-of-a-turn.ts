import { type DestinationStream, pino } from 'pino';

/** pino's level from which on a line is written at once. */
const URGENT = pino.levels.values['warn'] ?? 0;
/** Asks pino for `lastLevel` (https://getpino.io/#/docs/api?id=metadata). */
const metadata: unique symbol = Symbol.for('pino.metadata');
/** So many characters are written before the turn ends. */
const MOST_CHARACTERS = 65_536;

/**
 * Writes what is logged in one turn of the event loop at its end, and at once with a warning or worse: where requests or
 * messages are answered together, their lines are one system call instead of one each. A process that ends by itself writes
 * what is left; one that is killed loses the lines of that turn.
 */
export class LinesOfATurn implements DestinationStream {
  readonly [metadata] = true;
  /** Of the line that is about to be written; set by pino. */
  lastLevel = 0;
  readonly #destination: DestinationStream;
  #lines = '';

  constructor(destination: DestinationStream) {
    this.#destination = destination;
    process.on('exit', () => this.#flush());
  }

  write(line: string): void {
    if (this.#lines === '') setImmediate(() => this.#flush());
    this.#lines += line;
    if (this.lastLevel >= URGENT || this.#lines.length >= MOST_CHARACTERS) this.#flush();
  }

  #flush(): void {
    const lines = this.#lines;
    if (lines === '') return;
    this.#lines = '';
    this.#destination.write(lines);
  }
}
