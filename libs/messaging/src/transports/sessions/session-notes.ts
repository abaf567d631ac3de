import type { DeliverySession } from '../../transport.js';
import type { HeldSession, SessionState } from './held-session.js';
import type { SessionRecord } from './session-record.js';

/** The state of a held session: read once, because nobody else changes it meanwhile. */
export class SessionNotes {
  readonly #session: HeldSession;
  #state: Promise<SessionState> | undefined;

  constructor(session: HeldSession) {
    this.#session = session;
  }

  async record(): Promise<SessionRecord | undefined> {
    return (await this.#read()).record;
  }

  /** Writes the record, or removes it, unless that is how it is. */
  async setRecord(record: SessionRecord | undefined): Promise<void> {
    const { record: written, own } = await this.#read();
    if (record === undefined && written === undefined) return;
    await this.#write({ ...(record && { record }), ...(own && { own }) });
  }

  /** For handlers. */
  get forConsumer(): DeliverySession {
    return {
      id: this.#session.id,
      state: async () => (await this.#read()).own,
      setState: async (own) => {
        const { record } = await this.#read();
        await this.#write({ ...(record && { record }), ...(own && { own: Uint8Array.from(own) }) });
      },
    };
  }

  #read(): Promise<SessionState> {
    return (this.#state ??= this.#session.readState());
  }

  async #write(state: SessionState): Promise<void> {
    await this.#session.writeState(state);
    this.#state = Promise.resolve(state);
  }
}
