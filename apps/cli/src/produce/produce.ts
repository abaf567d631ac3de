import { setTimeout as pause } from 'node:timers/promises';
import { CommandError } from '../command-error.js';
import { makeParcels, type Parcel } from './parcel.js';
import type { Sender } from './sender.js';

export interface ProduceOptions {
  readonly orders: number;
  readonly events: number;
  /** Messages a second; as fast as it goes when absent. */
  readonly rate?: number;
  /** Told what was stored, in order. */
  readonly onSent: (sent: readonly Sent[]) => void;
}

/** A message that the system has. */
export interface Sent {
  readonly id: string;
  /** `order`, `user.signup` or `purchase`. */
  readonly type: string;
}

const largestGroup = 100;
/** With a rate, groups leave so often a second at most. */
const groupsPerSecond = 20;

/** Sends orders and events. Rejects with a {@link CommandError} that says how many were sent when one is not stored. */
export async function produce(sender: Sender, { orders, events, rate, onSent }: ProduceOptions): Promise<void> {
  const groupSize = rate === undefined ? largestGroup : Math.min(largestGroup, Math.ceil(rate / groupsPerSecond));
  const parcels = makeParcels(orders, events);
  const startedAt = performance.now();
  let count = 0;
  for (;;) {
    if (rate !== undefined) await pause(startedAt + (count / rate) * 1000 - performance.now());
    const group = take(parcels, groupSize);
    if (group.length === 0) return;
    const ids = await sender.send(group).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`Sent ${count} of ${orders + events}, then: ${reason}`, { cause: error });
    });
    onSent(group.map((parcel, index) => ({ id: ids[index] ?? parcel.id, type: typeOf(parcel) })));
    count += group.length;
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

function typeOf(parcel: Parcel): string {
  return parcel.kind === 'order' ? 'order' : parcel.type;
}
