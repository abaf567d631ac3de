/**
 * This message can never be handled: bad data, a broken business rule, an unknown contract. It goes straight to the
 * dead-letter queue with `code` as its reason and the message as its description. Every other error is transient.
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
