/** What the SDK says itself when the broker did not answer at all. */
const noAnswer = /due to operation timeout/;

/** Whether the broker answered that no session has messages that nobody holds. */
export function isNoSession(error: unknown): boolean {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  return code === 'SessionCannotBeLocked' || (code === 'ServiceTimeout' && !noAnswer.test(message));
}
