import { type AmqpValue, type Outcome, ValueWriter } from '@orderflow/amqp';
import type { PropertyChanges } from '../codec/application-properties.js';
import type { LockToken } from '../codec/lock-token.js';
import type { MessageQueue } from '../entities/message-queue.js';

/**
 * Does to a message what its receiver says.
 * @throws BrokerError when the lock is lost
 */
export function settle(
  queue: MessageQueue,
  { sequenceNumber, lockId }: LockToken,
  outcome: Outcome,
  now: number,
): void {
  const message = queue.locked(sequenceNumber, lockId, now);
  switch (outcome.type) {
    case 'accepted':
      return queue.remove(message);
    case 'released':
      // Counts like an abandon (Learn, "AMQP protocol guide": repeated rejections or releases end in the dead letters).
      return queue.abandon(message, undefined, now);
    case 'modified': {
      const changes = encodeEntries(outcome.messageAnnotations);
      if (outcome.undeliverableHere) return queue.defer(message, changes, now);
      return queue.abandon(message, changes, now);
    }
    case 'rejected':
      return queue.deadLetter(message, causeOf(outcome.error?.info), now);
  }
}

const REASON = 'DeadLetterReason';
const DESCRIPTION = 'DeadLetterErrorDescription';

type Entries = ReadonlyMap<string, AmqpValue> | undefined;

function causeOf(info: Entries) {
  const properties = new Map(encodeEntries(info));
  // A reason that is null is no reason; one that is text is a property like the others.
  for (const name of [REASON, DESCRIPTION]) if (info?.get(name) === null) properties.delete(name);
  return { reason: undefined, description: undefined, properties };
}

/** Each value as it was encoded, its type included. */
function encodeEntries(entries: Entries): PropertyChanges {
  return new Map([...(entries ?? [])].map(([name, value]) => [name, new ValueWriter().value(value).view()]));
}
