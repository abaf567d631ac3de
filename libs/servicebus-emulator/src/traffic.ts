import type { BrokerEvent, Recorder, SingleEvent } from './entities/events.js';

type TrafficListener = (event: SingleEvent) => void;

/** Passes on what happens in the broker to whoever wants to watch. */
export class Traffic {
  readonly #listeners = new Set<TrafficListener>();

  /** @returns how to stop listening */
  follow(listener: TrafficListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A recorder that tells the listeners what `recorder` has taken. */
  watch(recorder: Recorder): Recorder {
    return {
      record: (event) => {
        recorder.record(event);
        if (this.#listeners.size > 0) this.#tell(event);
      },
      flushed: () => recorder.flushed(),
    };
  }

  #tell(event: BrokerEvent): void {
    const events = event.type === 'group' ? event.events : [event];
    for (const listener of this.#listeners) for (const one of events) listener(one);
  }
}
