/** Why a request failed, on one line: what `fetch` says, and the code of what it does not (`fetch failed ECONNREFUSED`). */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return code === undefined ? message : `${message} ${String(code)}`;
}
