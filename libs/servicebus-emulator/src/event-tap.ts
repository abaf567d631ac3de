import type { BrokerEvent, Recorder, SingleEvent } from './entities/events.js';

type TapListener = (event: SingleEvent) => void;

/** Passes on what happens in the broker to those who subscribe. */
export class EventTap {
  readonly #listeners = new Set<TapListener>();

  /** @returns ends the subscription */
  subscribe(listener: TapListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A recorder that passes on what `recorder` has taken to the listeners. */
  attachTo(recorder: Recorder): Recorder {
    return {
      record: (event) => {
        recorder.record(event);
        if (this.#listeners.size > 0) this.#publish(event);
      },
      flushed: () => recorder.flushed(),
    };
  }

  #publish(event: BrokerEvent): void {
    const events = event.type === 'group' ? event.events : [event];
    for (const listener of this.#listeners) for (const one of events) listener(one);
  }
}
