import type { ServiceBusClient, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import type { DeadLetter } from '../../dead-letter/dead-letters.js';
import type { Counts, ResolvedSelection } from '../../dead-letter/selection.js';
import { openDeadLetters } from './dead-letter-receiver.js';
import { type Window, windowsOf } from './dead-letter-windows.js';
import { type HeldLetter, HeldLetters } from './held-letters.js';
import { refusalOf } from './refusal.js';
import { translateError } from './translate-error.js';

/** Letters received and worked on at a time: so many copies at most are in between when a process dies. */
const batchSize = 100;
/** How long to wait for the next letter, in milliseconds; what is left then is locked by another. */
const receiveTimeoutMs = 3_000;
/** Deliveries on a link after the first that stays unsettled; at 2,047 the SDK receives no more. */
const mostAfterHeld = 1_500;

export interface PassParts {
  readonly place: string;
  readonly client: ServiceBusClient;
  readonly clock: Clock;
  readonly selection: ResolvedSelection;
  /** What is done to a chosen letter before it is removed; rejects when it must stay. */
  readonly handle: (letter: HeldLetter) => Promise<void>;
  readonly onProgress: (counts: Counts) => void;
}

/**
 * One pass over a dead-letter queue that takes what was chosen. Active letters cannot be fetched by number, so what lies
 * before a chosen one is received too, and stays locked until the end so that it is not received over and over. What
 * lies behind the last chosen one is only looked at.
 */
export class DeadLetterPass {
  readonly #parts: PassParts;
  readonly #looker: ServiceBusReceiver;
  readonly #held: HeldLetters;
  /** The newest link last; older ones are full, and closed once nothing of theirs is worked on. */
  readonly #receivers: ServiceBusReceiver[] = [];
  /** Deliveries on the newest link since its first letter that was passed over; undefined before that. */
  #afterHeld: number | undefined;
  /** Letters looked at that have still to be received to get at those behind them. */
  readonly #before = new Set<string>();
  #done = 0;
  #failed = 0;
  #skipped = 0;

  constructor(parts: PassParts) {
    this.#parts = parts;
    this.#looker = openDeadLetters(parts.client, parts.place);
    this.#held = new HeldLetters(parts.place, this.#looker, parts.clock);
  }

  /** Rejects with what went wrong on the broker's side, once everything was handed back. */
  async run(): Promise<Counts> {
    const { place, selection } = this.#parts;
    let chosen = 0;
    try {
      for await (const window of windowsOf(this.#looker, place, selection)) {
        if (selection.isEnded()) break;
        chosen += window.chosen.size;
        await this.#take(window);
      }
      if (!selection.isEnded() && chosen < selection.limit) this.#skipped += selection.missing();
    } finally {
      await this.#held.handBack();
      await Promise.allSettled([this.#looker, ...this.#receivers].map((receiver) => receiver.close()));
    }
    return this.#counts;
  }

  get #counts(): Counts {
    return { done: this.#done, failed: this.#failed, skipped: this.#skipped };
  }

  /** Takes what was chosen in a window; what lies behind it comes first when more is chosen later. */
  async #take({ chosen, places }: Window): Promise<void> {
    const inOrder = [...places];
    const end = inOrder.findLastIndex((place) => chosen.has(place)) + 1;
    for (const place of inOrder.slice(0, end)) this.#before.add(place);
    if (end > 0) await this.#receiveAll(chosen);
    for (const place of inOrder.slice(end)) this.#before.add(place);
  }

  /** Receives until everything chosen was handled, or no more of it comes. */
  async #receiveAll(chosen: Map<string, DeadLetter>): Promise<void> {
    let batch: readonly HeldLetter[] = [...chosen.keys()].flatMap((place) => this.#held.get(place) ?? []);
    do {
      // What comes next is received meanwhile.
      const handled = this.#handle(batch, chosen);
      const [outcome, next] = await Promise.allSettled([handled, this.#receiveNext(chosen)]);
      await Promise.allSettled(this.#receivers.splice(0, this.#receivers.length - 1).map((full) => full.close()));
      if (outcome.status === 'rejected') throw outcome.reason;
      if (next.status === 'rejected') throw next.reason;
      // What was lost while it was handled comes again, once all others have come.
      const isLost = next.value.length === 0 && this.#before.size === 0;
      batch = isLost ? await this.#receiveNext(chosen) : next.value;
      // What was received meanwhile is handed back when the pass is to end.
    } while (batch.length > 0 && !this.#parts.selection.isEnded());
    if (this.#parts.selection.isEnded()) return;
    this.#skipped += chosen.size;
    // What did not come is locked by another, and not to be waited for once more.
    if (chosen.size > 0) this.#before.clear();
  }

  /** Receives as many as are missing; none when nothing is, or the pass is to end. */
  async #receiveNext(chosen: ReadonlyMap<string, DeadLetter>): Promise<readonly HeldLetter[]> {
    const lost = [...chosen.keys()].filter((place) => this.#held.get(place) === undefined);
    const missing = this.#before.size > 0 ? this.#before.size : lost.length;
    if (missing === 0 || this.#parts.selection.isEnded()) return [];
    const receiver = this.#receiver();
    const messages = await receiver.receiveMessages(Math.min(batchSize, missing), {
      maxWaitTimeInMs: receiveTimeoutMs,
    });
    if (this.#afterHeld !== undefined) this.#afterHeld += messages.length;
    return messages.map((message) => this.#held.add(message, receiver));
  }

  #receiver(): ServiceBusReceiver {
    const current = this.#receivers.at(-1);
    if (current !== undefined && (this.#afterHeld ?? 0) < mostAfterHeld) return current;
    const receiver = openDeadLetters(this.#parts.client, this.#parts.place);
    this.#receivers.push(receiver);
    this.#afterHeld = undefined;
    return receiver;
  }

  /**
   * Handles what was chosen of some letters, all at the same time, and passes the others over; one not looked at yet
   * keeps its content.
   */
  async #handle(letters: readonly HeldLetter[], chosen: Map<string, DeadLetter>): Promise<void> {
    const outcomes = letters.map(async (letter) => {
      const isKnown = this.#before.delete(letter.place);
      const wanted = chosen.get(letter.place);
      if (wanted !== undefined) await this.#handleOne(letter, wanted, chosen);
      else if (isKnown) this.#passOver(letter);
      else this.#afterHeld ??= 0;
    });
    const settled = await Promise.allSettled(outcomes);
    const trouble = settled.find((outcome) => outcome.status === 'rejected');
    if (trouble !== undefined) throw trouble.reason;
  }

  async #handleOne(letter: HeldLetter, wanted: DeadLetter, chosen: Map<string, DeadLetter>): Promise<void> {
    try {
      await this.#parts.handle(letter);
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
      this.#failed += 1;
      chosen.delete(letter.place);
      this.#passOver(letter);
      return this.#parts.selection.onFailed(wanted, translateError(error, `handle dead letter ${wanted.id}`));
    }
    await this.#remove(letter, chosen);
  }

  async #remove(letter: HeldLetter, chosen: Map<string, DeadLetter>): Promise<void> {
    try {
      await letter.receiver.completeMessage(letter.message);
    } catch (error) {
      // It is received again, and what was sent for it is recognised.
      if (translateError(error, 'complete').code === 'LockLost') return this.#held.remove(letter);
      throw error;
    }
    this.#held.remove(letter);
    chosen.delete(letter.place);
    this.#done += 1;
    this.#parts.onProgress(this.#counts);
  }

  #passOver(letter: HeldLetter): void {
    this.#held.passOver(letter);
    this.#afterHeld ??= 0;
  }
}
