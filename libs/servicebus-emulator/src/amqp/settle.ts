import rhea from 'rhea';
import type { PropertyChanges } from '../codec/application-properties.js';
import { BrokerError } from '../entities/errors.js';
import type { MessageQueue } from '../entities/message-queue.js';
import type { LockToken } from '../codec/lock-token.js';
import type { RemoteState, TypedValue } from './rhea-internals.js';
import type { Outcome } from './wire/outgoing-transfers.js';

/**
 * Does to a message what its receiver says.
 * @throws BrokerError when the lock is lost
 */
export function settle(
  queue: MessageQueue,
  { sequenceNumber, lockId }: LockToken,
  outcome: Outcome,
  state: RemoteState | undefined,
  now: number,
): void {
  const message = queue.locked(sequenceNumber, lockId, now);
  switch (outcome) {
    case 'accepted':
      return queue.remove(message);
    case 'released':
      return queue.release(message, now);
    case 'modified': {
      const changes = encodeEntries(state?.value[2]);
      if (state?.undeliverable_here) return queue.defer(message, changes, now);
      return queue.abandon(message, changes, now);
    }
    case 'rejected':
      return queue.deadLetter(message, causeOf(state), now);
  }
}

const REASON = 'DeadLetterReason';
const DESCRIPTION = 'DeadLetterErrorDescription';

function causeOf(state: RemoteState | undefined) {
  const fields = state?.value[0]?.value;
  const info = Array.isArray(fields) ? (fields as readonly (TypedValue | undefined)[])[2] : undefined;
  const properties = new Map(encodeEntries(info));
  // A reason that is null is no reason; one that is text is a property like the others.
  for (const name of [REASON, DESCRIPTION]) if (properties.get(name)?.[0] === 0x40) properties.delete(name);
  return { reason: undefined, description: undefined, properties };
}

interface RheaWriter {
  write(value: unknown): void;
  toBuffer(): Buffer;
}

const { Writer } = rhea.types as unknown as { readonly Writer: new () => RheaWriter };

/** The entries of a map that rhea read, each value encoded again with the type it had. */
function encodeEntries(map: TypedValue | undefined): PropertyChanges {
  const entries = new Map<string, Buffer>();
  if (!Array.isArray(map?.value)) return entries;
  const items = map.value as readonly TypedValue[];
  for (let i = 0; i + 1 < items.length; i += 2) {
    const writer = new Writer();
    writer.write(items[i + 1]);
    const name = items[i]?.value;
    if (typeof name !== 'string') throw new BrokerError('com.microsoft:argument-error', 'Property names are strings.');
    entries.set(name, Buffer.from(writer.toBuffer()));
  }
  return entries;
}
