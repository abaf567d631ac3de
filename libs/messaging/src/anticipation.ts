/** So many and no more are waited for: of more, a group is large enough without. */
const FEW = 4;
/** How long they are waited for, in ms. */
const LONGEST_MS = 2;
/** After waits in vain, groups that leave without one at most. */
const MOST_WITHOUT = 64;

/**
 * Whether a group waits for callers who have just been answered. Who asks, waits for the answer and asks again is back in a
 * moment; without a wait the first to be back would leave alone, the others one group later, and so on, each group at the
 * full price of one. Disk schedulers call it anticipation.
 *
 * It waits for few only, where what a group costs by itself is most of what each member costs, and 2 ms at most. What came in
 * vain is not waited for again soon: 1, 2, 4, 8 and at last 64 groups leave without.
 */
export class Anticipation {
  readonly #giveUp: () => void;
  /** As many are to be there together; 0 where nobody is waited for. */
  #expected = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Waits in a row for somebody who did not come. */
  #inVain = 0;
  /** As many groups leave without a wait. */
  #without = 0;

  /** @param giveUp what waits is to leave as it is */
  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
  }

  /** So many are being answered, and others wait already. */
  answered(count: number, waiting: number): void {
    this.#end();
    const expected = count + waiting;
    if (expected < 2 || expected > FEW) return;
    if (this.#without > 0) {
      this.#without -= 1;
      return;
    }
    this.#expected = expected;
    this.#timer = setTimeout(() => this.#onLate(), LONGEST_MS);
  }

  /** Whether those who wait are to wait for more. */
  holdsBack(waiting: number): boolean {
    if (this.#expected === 0) return false;
    if (waiting < this.#expected) return true;
    this.#end();
    this.#inVain = 0;
    return false;
  }

  #onLate(): void {
    this.#end();
    this.#without = Math.min(MOST_WITHOUT, 2 ** this.#inVain);
    this.#inVain += 1;
    this.#giveUp();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#expected = 0;
  }
}
