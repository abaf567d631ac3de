import type { Pace } from '../../dead-letter/pace.js';
import type { Counts, ResolvedSelection } from '../../dead-letter/selection.js';
import type { TransportError } from '../../transport.js';
import type { LetterReader, TakenLetter } from './letter-reader.js';

/** Letters that are sent together, and removed once the broker has the copies. */
const stepSize = 50;
/** What the broker refuses a message for that would be refused again. */
const refusals: ReadonlySet<string> = new Set(['InvalidMessage', 'MessageTooLarge']);

interface Parts {
  readonly reader: LetterReader;
  readonly selection: ResolvedSelection;
  readonly pace: Pace;
  /** Does with letters what is to be done before they are removed. */
  readonly handle: (letters: readonly TakenLetter[]) => Promise<void>;
  readonly onDone: (counts: Counts, letter: TakenLetter) => void;
}

/** One walk through a dead-letter queue that handles and removes what was chosen, and hands back the rest at its end. */
export class DeadLetterPass {
  readonly #parts: Parts;
  #done = 0;
  #failed = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(): Promise<Counts> {
    const { limit, isChosen, isEnded, missing } = this.#parts.selection;
    const chosen = isEnded() ? [] : await this.#parts.reader.takeAll(isChosen);
    const wanted = chosen.slice(0, limit);
    for (let next = 0; next < wanted.length && !isEnded(); next += stepSize) {
      for await (const due of this.#parts.pace.steps(wanted.slice(next, next + stepSize))) await this.#handleAll(due);
    }
    const isWhole = !isEnded() && chosen.length <= limit;
    return { done: this.#done, failed: this.#failed, skipped: isWhole ? missing() : 0 };
  }

  /** Together; when one of them is refused for what it is, each by itself. */
  async #handleAll(step: readonly TakenLetter[]): Promise<void> {
    if (step.length === 0) return;
    try {
      await this.#parts.handle(step);
    } catch (error) {
      if (!refusals.has((error as TransportError).code)) throw error;
      if (step.length > 1) {
        for (const letter of step) await this.#handleAll([letter]);
        return;
      }
      this.#failed += 1;
      this.#parts.selection.onFailed((step[0] as TakenLetter).letter, error as Error);
      return;
    }
    await this.#parts.reader.remove(step);
    for (const letter of step) {
      this.#done += 1;
      this.#parts.onDone({ done: this.#done, failed: this.#failed, skipped: 0 }, letter);
    }
  }
}
