import { pauseUntil } from '../pause-until.js';
import { makeSamples, type SampleMessage } from './sample-messages.js';
import type { Sender } from './sender.js';

export interface ProduceOptions {
  readonly orders: number;
  readonly events: number;
  /** Messages a second; as fast as it goes when absent. */
  readonly rate?: number;
  /** Ends the sending after what is under way. */
  readonly signal: AbortSignal;
  /** Called for each message that is stored. */
  readonly onSent: (sent: Sent) => void;
}

/** A message that the system has. */
export interface Sent {
  readonly id: string;
  /** `order`, `user.signup` or `purchase`. */
  readonly type: string;
}

/** What became of all that were to be sent. */
export interface Tally {
  /** Stored. */
  readonly sent: number;
  /** Handed over, and not confirmed: they may have been stored all the same. */
  readonly failed: number;
  readonly notTried: number;
  /** Why it ended early; absent when it was stopped, or did not end early. */
  readonly reason?: unknown;
}

const largestGroup = 100;
/** With a rate, groups leave so often a second at most. */
const groupsPerSecond = 20;

/** Sends orders and events until all are stored, one is not, or the signal comes. */
export async function produce(sender: Sender, options: ProduceOptions): Promise<Tally> {
  const { orders, events, rate, signal, onSent } = options;
  const groupSize = rate === undefined ? largestGroup : Math.min(largestGroup, Math.ceil(rate / groupsPerSecond));
  const samples = makeSamples(orders, events);
  const startedAt = performance.now();
  let tried = 0;
  let sent = 0;
  const tally = (): Tally => ({ sent, failed: tried - sent, notTried: orders + events - tried });
  for (;;) {
    if (rate !== undefined && tried < orders + events) {
      // A signal that ends the wait is seen in the next line.
      await pauseUntil(startedAt + (tried / rate) * 1_000, signal).catch(() => undefined);
    }
    const group = signal.aborted ? [] : take(samples, groupSize);
    if (group.length === 0) return tally();
    tried += group.length;
    try {
      await sender.send(group, (sample, id) => {
        sent += 1;
        onSent({ id, type: typeOf(sample) });
      });
    } catch (reason) {
      return { ...tally(), reason };
    }
  }
}

function take<Item>(items: Iterator<Item>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function typeOf(sample: SampleMessage): string {
  return sample.kind === 'order' ? 'order' : sample.type;
}
