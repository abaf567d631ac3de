/** A suite opened on a copy of the repository's files: what it has to say about them as they are now. */
export interface OpenSuite {
  /**
   * Nothing when all is well. Where only some files changed since all was well, a suite may leave out what they have no
   * part in; without `changed` it looks at everything.
   */
  complaints(changed?: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface Suite {
  /** The tool of `optional-tools.mjs` without which it does not run. */
  readonly needs?: string;
  open(root: string): Promise<OpenSuite>;
}
