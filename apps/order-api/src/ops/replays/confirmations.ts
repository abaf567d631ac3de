import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { handledOf, type TokenSource } from '@orderflow/service-kit';

/**
 * Which of the messages that were sent to a queue its consumer has handled, by its inbox; undefined where nobody knows.
 * Rejects when the consumer does not answer.
 */
export type Confirm = (
  queue: string,
  ids: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlySet<string> | undefined>;

export interface ConfirmOptions {
  /** The queue of this service, and its own database. */
  readonly own: { readonly queue: string; readonly database: SqlTransaction };
  /** The addresses of the other consumers, by queue. */
  readonly workers: ReadonlyMap<string, string>;
  /** For the workers; absent where no tokens are asked for. */
  readonly token: TokenSource | undefined;
}

const timeoutMs = 5_000;

/** Asks the inbox of each consumer: this service's by itself, the others over HTTP. No service reads another's tables. */
export function confirmByInbox({ own, workers, token }: ConfirmOptions): Confirm {
  return async (queue, ids, signal) => {
    if (queue === own.queue) return new Set(await handledOf(own.database, ids));
    const worker = workers.get(queue);
    if (worker === undefined) return undefined;
    const answer = await fetch(`${worker}/ops/handled`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${await token()}` }),
      },
      body: JSON.stringify({ ids }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (!answer.ok) throw new Error(`The consumer of "${queue}" answers ${answer.status} at ${worker}/ops/handled.`);
    const { handled } = (await answer.json()) as { readonly handled: readonly string[] };
    return new Set(handled);
  };
}
