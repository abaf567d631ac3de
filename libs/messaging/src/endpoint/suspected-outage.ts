/**
 * Whether one dependency is away, judged by what failed because of it. Pure state. It is away once so many different
 * messages failed in a row, or, while fewer are in hand, once a single one failed twice; a success in between clears
 * everything.
 */
export class SuspectedOutage {
  readonly #messages: number;
  readonly #failures = new Map<string, number>();

  /** @param messages how many different messages have to fail in a row, 1 or more */
  constructor(messages: number) {
    this.#messages = messages;
  }

  /**
   * A message failed because of the dependency; true when the dependency is away.
   * @param inHand how many messages are being worked on now, this one included
   */
  failed(messageId: string, inHand: number): boolean {
    const failures = (this.#failures.get(messageId) ?? 0) + 1;
    this.#failures.set(messageId, failures);
    return this.#failures.size >= this.#messages || (inHand < this.#messages && failures >= 2);
  }

  /** The dependency answered. */
  succeeded(): void {
    this.#failures.clear();
  }
}
