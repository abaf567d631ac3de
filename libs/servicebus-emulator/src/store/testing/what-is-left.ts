import type { BrokerEvent, SingleEvent } from '../../entities/events.js';
import { recover } from '../recover.js';
import type { Store } from '../store.js';
import { CrashingDisk } from './crashing-disk.js';

/** Records an event; resolves when it is durable. */
export async function record(store: Store, event: SingleEvent): Promise<void> {
  store.recorder.record(event);
  await store.recorder.flushed();
}

/** The numbers of the messages that these events leave. */
function left(events: readonly BrokerEvent[]): readonly number[] {
  const numbers = new Set<number>();
  for (const event of events) {
    if (event.type === 'enqueued') numbers.add(event.message.sequenceNumber);
    else if (event.type === 'removed') numbers.delete(event.sequenceNumber);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** The numbers of the messages that a broker finds on what is left of a disk. */
export async function found(files: ReadonlyMap<string, Buffer>): Promise<readonly number[]> {
  const events: BrokerEvent[] = [];
  await recover({
    directory: new CrashingDisk(files),
    apply: (event) => events.push(event),
    log: () => undefined,
  });
  return left(events);
}
