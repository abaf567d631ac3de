import { setImmediate as nextTurn } from 'node:timers/promises';

/** What a settlement does to a message, as far as it matters here. */
export type Outcome = 'complete' | 'other';

/**
 * Keeps settlements that differ out of one write to the broker. rhea writes at the end of a tick what was settled in
 * it, and merges the first two of a link when their deliveries are neighbours, without comparing their outcomes
 * (3.0.5, `write_dispositions` in lib/session.js). A message that is dead-lettered in the tick in which its predecessor
 * is completed would be completed as well, and be lost. So everything but a completion gets a tick of its own, and
 * completions share theirs with completions only.
 */
export class SettlementTurns {
  #last: { readonly outcome: Outcome; readonly turn: Promise<void> } = { outcome: 'complete', turn: Promise.resolve() };

  /** Resolves in the tick in which a settlement may be handed to the SDK; it must follow at once. */
  take(outcome: Outcome): Promise<void> {
    const shared = outcome === 'complete' && this.#last.outcome === 'complete';
    if (!shared) this.#last = { outcome, turn: this.#last.turn.then(() => nextTurn()) };
    return this.#last.turn;
  }
}
