import type { Contract } from '../../src/index.js';

export const workQueue = 'work';
/** With sessions. */
export const orderedWorkQueue = 'work-ordered';
export const resultsQueue = 'results';

/** Each effect sends one message for each; its id is that of the message handled with this at its end. */
export const resultSuffixes: readonly string[] = ['-done', '-noted'];

/**
 * What becomes of a message: `plain` succeeds at once, `retried` fails at its first attempt, after its effect, `refused` fails for good,
 * the results of `large` are too large for one batch. When the scenario says so `held` waits in its handler, `open` waits
 * in its transaction, and `deaf` in its handler whatever its signal says. `stated` is `plain`, and handled by one statement.
 */
export type Kind = 'plain' | 'stated' | 'retried' | 'refused' | 'large' | 'held' | 'open' | 'deaf';

export interface Work {
  readonly kind: Kind;
}

export interface Done {
  /** Drawn by the effect: two effects of one message never have the same. */
  readonly value: string;
  readonly padding: string;
}

export const work: Contract<Work> = { type: 'work.do', version: 1, kind: 'command', parse: (value) => value as Work };

/** The contract of what is handled by one statement. */
export const statedWork: Contract<Work> = { ...work, type: 'work.state' };

export const done: Contract<Done> = { type: 'work.done', version: 1, kind: 'event', parse: (value) => value as Done };

/** So many messages of each kind, mixed. */
export function kindsOf(kinds: readonly Kind[], messages: number): readonly Kind[] {
  return Array.from({ length: messages }, () => kinds).flat();
}
