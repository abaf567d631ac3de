import { type BrokerEvent, RECORD_NOTHING, type Recorder, type SingleEvent, StoreFullError } from './events.js';

/** How a namespace records its events: in memory only, until it is given a recorder. */
export class Recording {
  #recorder: Recorder = RECORD_NOTHING;

  /** Records from now on. */
  to(recorder: Recorder): void {
    this.#recorder = recorder;
  }

  /** Records what a client asked for. @throws StoreFullError when there is no room; nothing is recorded then */
  record(event: BrokerEvent): void {
    this.#recorder.record(event);
  }

  /** Records several events, all or none. @throws StoreFullError when there is no room; nothing is recorded then */
  recordAll(events: readonly SingleEvent[]): void {
    const [first] = events;
    if (first) this.#recorder.record(events.length === 1 ? first : { type: 'group', events });
  }

  /**
   * Records what no client asked for. When the disk is full it is not written: after a restart the message is where it
   * was before, which loses nothing.
   */
  recordIfRoom(event: BrokerEvent): void {
    try {
      this.#recorder.record(event);
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error;
    }
  }
}
