import type { Inbox } from '@orderflow/messaging';
import type { MessageContext } from '@orderflow/messaging/nest';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { type Observation, record } from './recorder.js';

const CONSUMER = 'analytics-worker';

/** Counts each event once, however often it is delivered. */
export class Aggregates {
  readonly #inbox: Inbox<SqlTransaction>;

  constructor(inbox: Inbox<SqlTransaction>) {
    this.#inbox = inbox;
  }

  async add({ message, signal }: MessageContext, details: Partial<Observation> = {}): Promise<void> {
    const observation = { messageId: message.id, type: message.type, at: message.envelope.time, ...details };
    await this.#inbox.once(CONSUMER, message.id, (tx) => record(tx, observation), { signal });
  }
}
