/** A stored file is damaged where that cannot be the trace of a crash. Nothing was changed. */
export class StoreCorruptError extends Error {
  /** The damaged file. */
  readonly file: string;
  /** Where in it the damage begins, in bytes. */
  readonly offset: number;

  constructor(file: string, offset: number, problem: string) {
    super(
      `${file} is damaged at byte ${offset}: ${problem}. Nothing was changed. Restore the data directory from a ` +
        'copy, or begin anew, which deletes all messages in it (--fresh).',
    );
    this.name = 'StoreCorruptError';
    this.file = file;
    this.offset = offset;
  }
}

/** Another process has the data directory open. */
export class StoreLockedError extends Error {
  constructor(directory: string, holder: number) {
    super(
      `${directory} is in use by process ${holder}. Stop that broker first, or give this one a data directory of its own.`,
    );
    this.name = 'StoreLockedError';
  }
}

/** Writing failed for another reason than a full disk: what is on the disk is uncertain, so the store stops. */
export class StoreFailedError extends Error {
  constructor(cause: unknown) {
    super(`The journal cannot be written any more: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'StoreFailedError';
  }
}

/** Whether an operation failed because there was no room on the disk (or in the quota). */
export function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
