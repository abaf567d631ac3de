/**
 * This message can never be handled: bad data, a broken business rule, an unknown contract. It goes straight to the
 * dead-letter queue with `code` as its reason and the message as its description. Every other error is
 * transient unless a rule says otherwise.
 */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';

  constructor(
    /** A stable code that alerts and replays can select by, e.g. `UnknownType`. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the message needs cannot be reached or refuses everybody: no fault of the message. */
export class DependencyAwayError extends Error {
  override readonly name: string = 'DependencyAwayError';
  /** How long it asked to be left alone, in ms; absent when it did not say. */
  readonly retryAfterMs?: number;

  constructor(
    /** A stable name of what is away, e.g. `database`. */
    readonly dependency: string,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** An error's message and those of its causes, in one line for people. */
export function explain(error: unknown): string {
  const seen: string[] = [];
  for (let cause: unknown = error; cause != null && seen.length < 5; cause = causeOf(cause)) {
    seen.push(cause instanceof Error ? cause.message || cause.name : String(cause));
  }
  return seen.join(': ');
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
