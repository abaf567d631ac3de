import { writeSync } from 'node:fs';
import type { BrokerEvent, SingleEvent } from '../../entities/events.js';
import { openStore } from '../store.js';
import { bodyOf } from './body-of.js';

/*
 * A process that is killed while it writes: 32 writers enqueue and settle as fast as they can, with a snapshot every
 * few hundred messages. Each says on its standard output what was accepted: `+n` for a message, `?n` before and `-n`
 * after its settlement was.
 */

const [, , dir = ''] = process.argv;
const WRITERS = 32;

const store = await openStore({ dir, compactAfterBytes: 300_000, reserveBytes: 0 });
const state = new Map<number, SingleEvent>();
let last = 0;
await store.recover(apply);
store.snapshotFrom(() => [{ type: 'sequence-used', path: 'orders', last }, ...state.values()]);
await Promise.all(Array.from({ length: WRITERS }, () => writeForever()));

function apply(event: BrokerEvent): void {
  if (event.type === 'enqueued') {
    state.set(event.message.sequenceNumber, event);
    last = Math.max(last, event.message.sequenceNumber);
  } else if (event.type === 'removed') {
    state.delete(event.sequenceNumber);
  } else if (event.type === 'sequence-used') {
    last = Math.max(last, event.last);
  }
}

async function writeForever(): Promise<never> {
  for (;;) {
    const number = last + 1;
    await write(enqueuedBy(number));
    writeSync(1, `+${number}\n`);
    const [oldest = number] = state.keys();
    if (number % 3 > 0) {
      writeSync(1, `?${oldest}\n`);
      await write({ type: 'removed', path: 'orders', sequenceNumber: oldest });
      writeSync(1, `-${oldest}\n`);
    }
  }
}

async function write(event: SingleEvent): Promise<void> {
  apply(event);
  store.recorder.record(event);
  await store.recorder.flushed();
}

function enqueuedBy(number: number): SingleEvent {
  const content = {
    bare: bodyOf(number),
    annotations: Buffer.alloc(0),
    durable: undefined,
    firstAcquirer: undefined,
    priority: 4,
    timeToLive: undefined,
    partitionKey: undefined,
  };
  const message = {
    sequenceNumber: number,
    enqueuedSequenceNumber: number,
    enqueuedAt: 0,
    expiresAt: undefined,
    deliveryCount: 0,
    state: 'active' as const,
    scheduledFor: undefined,
    sessionId: undefined,
    deadLetterSource: undefined,
    hops: 0,
    content,
  };
  return { type: 'enqueued', path: 'orders', message };
}
