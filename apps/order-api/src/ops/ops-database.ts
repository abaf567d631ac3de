import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { type MessagingResources } from '@orderflow/service-kit';

/** The service's database as a request of the ops module uses it: within its share of connections. */
export class OpsDatabase implements SqlTransaction {
  readonly #resources: MessagingResources;

  constructor(resources: MessagingResources) {
    this.#resources = resources;
  }

  query(text: string, values: unknown[] = []): ReturnType<SqlTransaction['query']> {
    return this.#resources.requests.query(text, values);
  }

  transaction<R>(work: (tx: SqlTransaction) => Promise<R>): Promise<R> {
    const { requests, messaging } = this.#resources;
    return requests.admit(() => messaging.transaction(work));
  }
}
