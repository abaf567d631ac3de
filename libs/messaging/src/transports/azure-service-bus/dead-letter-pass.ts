import type { ServiceBusClient, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../clock.js';
import type { Pace } from '../../dead-letter/pace.js';
import type { Counts, ResolvedSelection } from '../../dead-letter/selection.js';
import { DeadLetterLinks } from './dead-letter-links.js';
import { openDeadLetters } from './dead-letter-receiver.js';
import { countUpTo, describe, lastPlace, type Window, windowsOf } from './dead-letter-windows.js';
import { type HeldLetter, HeldLetters } from './held-letters.js';
import { refusalOf } from './refusal.js';
import { translateError } from './translate-error.js';

/** Letters received and worked on at a time: so many copies at most are in between when a process dies. */
const batchSize = 100;
/** Letters looked at with one request. */
const windowSize = 200;
/**
 * The same where a rate is kept to. What one answer brings is read in one go, and holds up all else in this process: of
 * 200 letters for some 20 ms.
 */
const limited = { batchSize: 25, windowSize: 25 };

export interface PassParts {
  readonly place: string;
  readonly client: ServiceBusClient;
  readonly clock: Clock;
  readonly selection: ResolvedSelection;
  readonly pace: Pace;
  /** What is done to chosen letters before they are removed. Resolves with the error of each that must stay. */
  readonly handle: (letters: readonly HeldLetter[]) => Promise<ReadonlyMap<HeldLetter, unknown>>;
  /** Called with each letter that was handled and removed. */
  readonly onDone: (letter: HeldLetter) => void;
  readonly onProgress: (counts: Counts) => void;
}

export interface PassResult extends Counts {
  /** Letters that were locked to get at those behind them, or were refused. */
  readonly handedBack: number;
}

/**
 * One pass over a dead-letter queue that takes what was chosen. Active letters cannot be fetched by number, so what lies
 * before a chosen one is received too, and stays locked until the end so that it is not received over and over. What
 * lies behind the last chosen one is only looked at.
 */
export class DeadLetterPass {
  readonly #parts: PassParts;
  readonly #looker: ServiceBusReceiver;
  readonly #links: DeadLetterLinks;
  readonly #held: HeldLetters;
  readonly #sizes: { readonly batchSize: number; readonly windowSize: number };
  /** Letters looked at that have still to be received to get at those behind them. */
  readonly #before = new Set<string>();
  /** Chosen letters whose lock ran out while they were handled: they come again. */
  readonly #lost = new Set<string>();
  /** Chosen letters that the broker refused; ours to the end. */
  readonly #failed = new Set<string>();
  /** Letters up to here were looked at, and what was chosen of them is known. */
  #horizon = Long.ZERO;
  #done = 0;
  #skipped = 0;

  constructor(parts: PassParts) {
    this.#parts = parts;
    this.#looker = openDeadLetters(parts.client, parts.place);
    this.#links = new DeadLetterLinks(parts.client, parts.place);
    this.#sizes = parts.pace.isLimited ? limited : { batchSize, windowSize };
    this.#held = new HeldLetters(parts.place, this.#looker, parts.clock);
  }

  /** Rejects with what went wrong on the broker's side, once everything was handed back. */
  async run(): Promise<PassResult> {
    let handedBack = 0;
    try {
      const tail = await lastPlace(this.#looker);
      if (this.#parts.selection.isEverything) await this.#takeEverything(tail);
      else await this.#takeWindows(tail);
    } finally {
      handedBack = await this.#held.handBack();
      await Promise.allSettled([this.#looker.close(), this.#links.close()]);
    }
    return { ...this.#counts, handedBack };
  }

  get #counts(): Counts {
    return { done: this.#done, failed: this.#failed.size, skipped: this.#skipped };
  }

  get #isEnded(): boolean {
    return this.#parts.selection.isEnded();
  }

  /** Takes all up to the tail as they come: there is nothing to look at before. */
  async #takeEverything(tail: Long): Promise<void> {
    const isChosen = ({ place }: HeldLetter): boolean => tail.greaterThanOrEqual(place);
    this.#horizon = Long.MAX_VALUE;
    let missing = tail.isZero() ? 0 : this.#sizes.batchSize;
    let batch = await this.#receive(missing);
    while (batch.length > 0 && !this.#isEnded) {
      if (batch.some(({ place }) => tail.lessThanOrEqual(place))) missing = 0;
      batch = await this.#handleWhileReceiving(batch, isChosen, () => missing);
      if (batch.length === 0) batch = await this.#receive(this.#lost.size);
    }
    // Of what is left, ours failed; the others are locked by somebody else.
    if (!this.#isEnded) this.#skipped += Math.max(0, (await countUpTo(this.#looker, tail)) - this.#failed.size);
  }

  /** Looks first, and takes what was chosen of each window. */
  async #takeWindows(tail: Long): Promise<void> {
    const { place, selection } = this.#parts;
    let chosen = 0;
    const { windowSize: size } = this.#sizes;
    for await (const window of windowsOf(this.#looker, { place, tail, selection, size })) {
      if (this.#isEnded) return;
      chosen += window.chosen.size;
      await this.#take(window);
    }
    if (!this.#isEnded && chosen < selection.limit) this.#skipped += selection.missing();
  }

  /** Takes what was chosen in a window; what lies behind it comes first when more is chosen later. */
  async #take({ chosen, places }: Window): Promise<void> {
    const inOrder = [...places];
    this.#horizon = Long.fromString(inOrder.at(-1) ?? '0');
    const end = inOrder.findLastIndex((place) => chosen.has(place)) + 1;
    this.#expect(inOrder.slice(0, end), chosen);
    if (end > 0) await this.#takeChosen(chosen);
    this.#expect(inOrder.slice(end), chosen);
  }

  /** Notes what must be received to get at what lies behind it; some of it was received already. */
  #expect(places: readonly string[], chosen: ReadonlySet<string>): void {
    for (const place of places) {
      const letter = this.#held.get(place);
      if (letter === undefined) this.#before.add(place);
      else if (!chosen.has(place)) this.#passOver(letter);
    }
  }

  /** Receives until everything chosen was handled, or no more of it comes. */
  async #takeChosen(chosen: Set<string>): Promise<void> {
    const isChosen = ({ place }: HeldLetter): boolean => chosen.delete(place);
    let batch = [...chosen].flatMap((place) => this.#held.get(place) ?? []);
    do {
      batch = await this.#handleWhileReceiving(batch, isChosen, () => this.#before.size);
      // What was lost while it was handled comes again, once all others have come.
      for (const place of this.#lost) chosen.add(place);
      this.#lost.clear();
      if (batch.length === 0 && this.#before.size === 0) batch = await this.#receive(chosen.size);
      // What was received meanwhile is handed back when the pass is to end.
    } while (batch.length > 0 && !this.#isEnded);
    if (this.#isEnded) return;
    this.#skipped += chosen.size;
    // What did not come is locked by another, and not to be waited for once more.
    if (chosen.size > 0) this.#before.clear();
  }

  /** Handles some letters; resolves with those that come next and were received meanwhile, as many as are missing then. */
  async #handleWhileReceiving(
    batch: readonly HeldLetter[],
    isChosen: (letter: HeldLetter) => boolean,
    missing: () => number,
  ): Promise<HeldLetter[]> {
    const [outcome, next] = await Promise.allSettled([this.#handle(batch, isChosen), this.#receive(missing())]);
    await this.#links.closeFull();
    if (outcome.status === 'rejected') throw outcome.reason;
    if (next.status === 'rejected') throw next.reason;
    return next.value;
  }

  /** Receives as many as are missing; none when nothing is, or the pass is to end. */
  async #receive(missing: number): Promise<HeldLetter[]> {
    if (missing === 0 || this.#isEnded) return [];
    const { messages, receiver } = await this.#links.receive(Math.min(this.#sizes.batchSize, missing));
    return messages.map((message) => this.#held.add(message, receiver));
  }

  /** Handles what was chosen of some letters and passes the others over; one not looked at yet keeps its content. */
  async #handle(letters: readonly HeldLetter[], isChosen: (letter: HeldLetter) => boolean): Promise<void> {
    const chosen: HeldLetter[] = [];
    for (const letter of letters) {
      this.#before.delete(letter.place);
      this.#lost.delete(letter.place);
      if (!this.#failed.has(letter.place) && isChosen(letter)) chosen.push(letter);
      else if (this.#horizon.greaterThanOrEqual(letter.place)) this.#passOver(letter);
      else this.#links.leaveUnsettled();
    }
    for await (const due of this.#parts.pace.steps(chosen)) await this.#handleChosen(due);
  }

  async #handleChosen(chosen: readonly HeldLetter[]): Promise<void> {
    const errors = await this.#parts.handle(chosen);
    const removals = await Promise.allSettled(
      chosen.filter((letter) => !errors.has(letter)).map((letter) => this.#remove(letter)),
    );
    const troubles = [...errors].filter(([letter, error]) => !this.#fail(letter, error)).map(([, error]) => error);
    for (const removal of removals) if (removal.status === 'rejected') troubles.push(removal.reason);
    if (troubles.length > 0) throw troubles[0];
  }

  /** Leaves a letter that the broker refuses; false when the error says nothing of the letter. */
  #fail(letter: HeldLetter, error: unknown): boolean {
    if (refusalOf(error) === undefined) return false;
    const described = describe(letter.message, this.#parts.place);
    this.#failed.add(letter.place);
    this.#passOver(letter);
    this.#parts.selection.onFailed(described, translateError(error, `handle dead letter ${described.id}`));
    return true;
  }

  async #remove(letter: HeldLetter): Promise<void> {
    try {
      await letter.receiver.completeMessage(letter.message);
    } catch (error) {
      if (translateError(error, 'complete').code !== 'LockLost') throw error;
      // It is received again, and what was sent for it is recognised.
      this.#lost.add(letter.place);
      return this.#held.remove(letter);
    }
    this.#parts.onDone(letter);
    this.#held.remove(letter);
    this.#done += 1;
    this.#parts.onProgress(this.#counts);
  }

  #passOver(letter: HeldLetter): void {
    this.#held.passOver(letter);
    this.#links.leaveUnsettled();
  }
}
