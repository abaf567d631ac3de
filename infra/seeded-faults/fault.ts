import type { SuiteName } from './suites.ts';

/** A mistake somebody could make: what it does to the text of one file, and who must notice. */
export interface Fault {
  readonly name: string;
  /** Relative to the root of the repository; one of what `copy.ts` copies. */
  readonly file: string;
  /** Every occurrence is replaced. A text that does not occur is a failure: the table is out of date. */
  readonly find: string;
  readonly replace: string;
  /**
   * The suites that must complain, each by a general rule, and what the complaint must contain, however its white space
   * is broken: caught for the right reason.
   */
  readonly caughtBy: Readonly<Partial<Record<SuiteName, string>>>;
}
