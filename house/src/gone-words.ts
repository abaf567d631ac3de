/** A word that was replaced, and where it must not come back. */
export interface GoneWord {
  /** An identifier, or a part of one in any capitals. */
  readonly word: string;
  /** The folders it is gone from, relative to the root. */
  readonly from: readonly string[];
  /** What the same thing is called now. */
  readonly now: string;
}

export const goneWords: readonly GoneWord[] = [];
