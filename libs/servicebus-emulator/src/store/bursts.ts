/**
 * A burst is over when so many passes of the event loop have added nothing to it. A sync costs as much as fifty passes;
 * begun with the first few of the messages that are just coming in, it makes all others wait for the next. Half as many
 * are waited for each time in a row that something came to a journal at rest and nothing followed: where messages come
 * one by one, the passes cost more than all else. The fewest only end the pass that brought it.
 */
const QUIET_PASSES = { most: 8, fewest: 1 } as const;
/**
 * It is over at this size, in bytes, all the same: the clients whose messages are in it go on with their answers while
 * those of the others are synced, and neither waits for the other.
 */
const GATHERED_SIZE = 16 * 1024;

/** Tells when what is recorded together has been recorded. */
export class Bursts {
  #enoughQuiet: number = QUIET_PASSES.most;

  /**
   * Resolves when the burst is over.
   * @param gathered what has been recorded of it
   * @param wasAtRest nothing was being written as it began
   */
  end(gathered: { readonly length: number }, wasAtRest: boolean): Promise<void> {
    const { most, fewest } = QUIET_PASSES;
    const enough = wasAtRest ? this.#enoughQuiet : most;
    return new Promise((resolve) => {
      let length = gathered.length;
      let quiet = 0;
      let followed = false;
      const pass = (isFirst: boolean) => {
        const isLonger = !isFirst && gathered.length > length;
        followed ||= isLonger;
        quiet = isLonger ? 0 : quiet + 1;
        length = gathered.length;
        if (quiet < enough && length < GATHERED_SIZE) return void setImmediate(pass, false);
        this.#enoughQuiet = wasAtRest && !followed ? Math.max(fewest, this.#enoughQuiet >> 1) : most;
        resolve();
      };
      setImmediate(pass, true);
    });
  }
}
