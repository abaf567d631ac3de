import type { DeadLetters } from '@orderflow/messaging';
import type { LetterOutcome, ReplayLetter } from './replay-letters.js';
import type { ReplayRow } from './replay-store.js';

export interface ReplayPassOptions {
  readonly deadLetters: Pick<DeadLetters, 'replay' | 'read'>;
  readonly replay: ReplayRow;
  /** Letters that are marked as about to be sent. */
  readonly letters: readonly ReplayLetter[];
  readonly signal: AbortSignal;
}

/** One pass through a dead-letter queue that sends letters of a replay, at its rate. */
export class ReplayPass {
  readonly #options: ReplayPassOptions;
  readonly #stopping = new AbortController();
  readonly #open: Map<string, ReplayLetter>;
  #untold: LetterOutcome[] = [];

  constructor(options: ReplayPassOptions) {
    this.#options = options;
    this.#open = new Map(options.letters.map((letter) => [letter.place, letter]));
  }

  /**
   * Resolves with what became of the letters, without those that {@link takeSent} has told of. What it rejects for is tried
   * again as a whole.
   */
  async run(): Promise<readonly LetterOutcome[]> {
    const { deadLetters, replay, letters } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#stopping.signal]);
    const seen = new Set<string>();
    const refused = new Map<string, string>();
    const { skipped } = await deadLetters.replay(replay.queue, {
      to: replay.target,
      places: new Set(letters.map(({ place }) => place)),
      ...attemptsOf(replay),
      ...(replay.rate !== null && { rate: replay.rate }),
      filter: ({ place }) => {
        seen.add(place);
        return true;
      },
      onReplayed: ({ place }) => this.#noteSent(place),
      onFailed: ({ place }, error) => refused.set(place, error.message.slice(0, 300)),
      signal,
    });
    const open = [...this.#open.values()];
    // Somebody else may have had some in hand, or the pass was cut short: those are still there.
    const left = skipped > 0 || signal.aborted ? await stillThere(deadLetters, replay.queue, open) : new Set<string>();
    const rest = open.map(({ n, place, isTriedBefore }): LetterOutcome => {
      const detail = refused.get(place);
      if (detail !== undefined) return { n, place, state: 'refused', detail };
      if (left.has(place)) return { n, place, state: 'waiting' };
      return { n, place, state: seen.has(place) || isTriedBefore ? 'sent' : 'missing' };
    });
    return [...this.takeSent(), ...rest];
  }

  /** How many letters were sent so far. */
  get sent(): number {
    return this.#options.letters.length - this.#open.size;
  }

  /** Letters that were sent since this was asked last. */
  takeSent(): readonly LetterOutcome[] {
    const sent = this.#untold;
    this.#untold = [];
    return sent;
  }

  /** Sends no more; what was begun is finished. */
  stop(): void {
    this.#stopping.abort();
  }

  #noteSent(place: string): void {
    const letter = this.#open.get(place);
    if (letter === undefined) return;
    this.#open.delete(place);
    this.#untold.push({ n: letter.n, place, state: 'sent' });
  }
}

/** Which of some letters are in the dead-letter queue, whoever has them in hand. */
export async function stillThere(
  deadLetters: Pick<DeadLetters, 'read'>,
  queue: string,
  letters: readonly ReplayLetter[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let first = 0; first < letters.length; first += 250) {
    const places = letters.slice(first, first + 250).map(({ place }) => place);
    for (const { letter } of await deadLetters.read(queue, places)) found.add(letter.place);
  }
  return found;
}

/** Of all stages but the last one: they are there for a verdict, and a message that fails is seen by somebody soon. */
function attemptsOf({ attempts, stage, stages }: ReplayRow): { readonly maxAttempts?: number } {
  return attempts !== null && stage < stages.length ? { maxAttempts: attempts } : {};
}
