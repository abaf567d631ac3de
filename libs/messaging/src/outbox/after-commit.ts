/** What a unit of work asked to be done once it has committed. */
export class AfterCommit {
  readonly #callbacks: (() => void)[] = [];
  #open = true;

  get isOpen(): boolean {
    return this.#open;
  }

  /** @throws Error when the transaction is over */
  add(run: () => void): void {
    if (!this.#open) throw new Error('The transaction is over: call afterCommit inside `work`.');
    this.#callbacks.push(run);
  }

  /** Nothing can be added any more. */
  close(): void {
    this.#open = false;
  }

  /** Runs the callbacks in their order. What one throws is reported: the work is committed, and the next one runs. */
  run(report: (error: unknown) => void): void {
    for (const callback of this.#callbacks) {
      try {
        // An async function fits `() => void`: its rejection would otherwise end the process.
        Promise.resolve(callback() as unknown).catch(report);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** Where errors go that can fail nothing any more, unless they are given another place: a warning of the process. */
export function warnOfError(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}
