import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { handledOf, type TokenSource } from '@orderflow/service-kit';
import { z } from 'zod';
import { WorkerHttp } from '../workers/worker-http.js';

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

const handledReport = z.object({ handled: z.array(z.string()) });

/** Asks the inbox of each consumer: this service's by itself, the others over HTTP. No service reads another's tables. */
export function confirmByInbox({ own, workers, token }: ConfirmOptions): Confirm {
  return async (queue, ids, signal) => {
    if (queue === own.queue) return new Set(await handledOf(own.database, ids));
    const url = workers.get(queue);
    if (url === undefined) return undefined;
    const worker = new WorkerHttp({ name: `The consumer of "${queue}"`, url, token });
    const { handled } = await worker.ask(handledReport, 'POST', '/ops/handled', { body: { ids }, signal });
    return new Set(handled);
  };
}
