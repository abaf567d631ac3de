/** Something the user can act on: shown as one line, without a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command line itself makes no sense: ends with exit code 2. */
export class UsageError extends CommandError {
  override readonly name: string = 'UsageError';
}
