import { type Inbox, type Message, PermanentError } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { EventFacts } from './event-facts.js';
import { recordFacts } from './fact-store.js';

/** The consumer's name in the inbox. */
const consumer = 'order-api';

/** SQLSTATE class 22: a value that no database column takes, today or tomorrow. */
const dataException = /^22/;

/** Records the facts of events in the read model: each event once, in one transaction with its inbox row. */
export class FactRecorder {
  readonly #inbox: Inbox<SqlTransaction>;

  constructor(inbox: Inbox<SqlTransaction>) {
    this.#inbox = inbox;
  }

  /** @param signal gives the transaction up, and so frees its locks */
  async record({ id, type }: Pick<Message, 'id' | 'type'>, event: EventFacts, signal?: AbortSignal): Promise<void> {
    try {
      await this.#inbox.once(consumer, id, (tx) => recordFacts(tx, { id, type }, event), { signal });
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? '');
      if (!dataException.test(code)) throw error;
      throw new PermanentError('UnstorableValue', 'The event holds a value that cannot be stored', { cause: error });
    }
  }
}
