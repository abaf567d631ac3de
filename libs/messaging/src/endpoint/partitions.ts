import type { Envelope } from '../envelope.js';
import type { Delivery } from '../transport.js';

/** What a message is to be ordered by; undefined for one that need not be. */
export type PartitionBy = (envelope: Envelope) => string | undefined;

/** A place in the line of a partition; to be given back when the delivery has ended. */
interface Place {
  /** True when it is this delivery's turn, false when it is handed back before. */
  readonly turn: boolean | Promise<boolean>;
  leave(): void;
}

interface Waiting {
  readonly begin: (isTurn: boolean) => void;
}

const free: Place = Object.freeze({ turn: true, leave: () => {} });

/** Lets deliveries with the same key through one after the other, in the order in which they came. */
export class Partitions {
  readonly #keyOf: PartitionBy;
  /** Who is in line for each key, the one that runs first. */
  readonly #lines = new Map<string, Waiting[]>();

  constructor(keyOf: PartitionBy = () => undefined) {
    this.#keyOf = keyOf;
  }

  /** Takes the last place of its line, at once: what is delivered later comes later. */
  enter(delivery: Pick<Delivery, 'envelope' | 'signal'>): Place {
    const key = this.#keyOf(delivery.envelope);
    if (key === undefined) return free;
    const { signal } = delivery;
    const turn = Promise.withResolvers<boolean>();
    const waiting = { begin: turn.resolve };
    const line = this.#lines.get(key) ?? [];
    this.#lines.set(key, line);
    line.push(waiting);
    const giveUp = (): void => turn.resolve(false);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    if (line[0] === waiting) waiting.begin(true);
    return {
      turn: turn.promise,
      leave: () => {
        signal.removeEventListener('abort', giveUp);
        this.#leave(key, line, waiting);
      },
    };
  }

  /** Hands back all that wait. */
  releaseAll(): void {
    for (const line of this.#lines.values()) for (const { begin } of line) begin(false);
  }

  #leave(key: string, line: Waiting[], waiting: Waiting): void {
    line.splice(line.indexOf(waiting), 1);
    const [next] = line;
    if (next === undefined) this.#lines.delete(key);
    else next.begin(true);
  }
}
