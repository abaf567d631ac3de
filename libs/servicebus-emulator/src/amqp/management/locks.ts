import type { PropertyChanges } from '../../codec/application-properties.js';
import { encodeProperty } from '../../codec/application-properties.js';
import { writeReceived } from '../../codec/write-message.js';
import { withChanges } from '../../entities/check-message.js';
import { checkReceives } from '../../entities/admission.js';
import { BrokerError, messageLockLost, messageNotFound, sessionLockLost } from '../../entities/errors.js';
import type { QueuedMessage } from '../../entities/queued-message.js';
import type { FieldMap } from '../request.js';
import {
  DONE,
  type Operation,
  type OperationContext,
  queueOf,
  receivable,
  required,
  sequenceNumbers,
} from './operation.js';

/** Renews message locks: they end a lock duration from now. */
export const renewLock: Operation = (context, request) => {
  const queue = queueOf(context);
  const expirations = lockedMessages(context, request).map((message) => queue.renew(message, context.now));
  return {
    status: 200,
    body: (writer) => writer.map(1, (map) => map.string('expirations').array(0x83, expirations.map(encodeTime))),
  };
};

/** Settles messages without their link: it is gone, or they were received by sequence number. */
export const updateDisposition: Operation = (context, request) => {
  const queue = queueOf(context);
  const status = required(request.text('disposition-status'), 'disposition-status');
  const act = dispositions[status];
  if (!act) {
    throw new BrokerError(
      'com.microsoft:argument-error',
      `'${status}' is no disposition: completed, abandoned, defered or suspended.`,
    );
  }
  const changes = changesOf(request, status);
  const messages = new Set(lockedMessages(context, request));
  // All or none: what is too large for one of them is found before any is settled.
  if (changes.size > 0) for (const { content } of messages) withChanges(content, changes);
  for (const message of messages) act(queue, message, changes, context.now);
  context.entity.lifecycle.touch(context.now);
  return DONE;
};

type Disposition = (
  queue: ReturnType<typeof queueOf>,
  message: QueuedMessage,
  changes: PropertyChanges,
  now: number,
) => void;

/** By the names on the wire; one is misspelt there. */
const dispositions: Readonly<Record<string, Disposition | undefined>> = {
  completed: (queue, message) => queue.remove(message),
  abandoned: (queue, message, changes, now) => queue.abandon(message, changes, now),
  defered: (queue, message, changes, now) => queue.defer(message, changes, now),
  suspended: (queue, message, properties, now) =>
    queue.deadLetter(message, { reason: undefined, description: undefined, properties }, now),
};

/** The properties a disposition sets: the reason for dead-lettering is two of them. */
function changesOf(request: FieldMap, status: string): PropertyChanges {
  const changes = new Map<string, Buffer>();
  if (status === 'completed') return changes;
  for (const [name, encoded] of request.map('properties-to-modify')?.entries() ?? []) {
    changes.set(name, Buffer.from(encoded));
  }
  if (status !== 'suspended') return changes;
  const reason = request.text('deadletter-reason');
  const description = request.text('deadletter-description');
  if (reason !== undefined) changes.set('DeadLetterReason', encodeProperty(reason));
  if (description !== undefined) changes.set('DeadLetterErrorDescription', encodeProperty(description));
  return changes;
}

/** Hands out deferred messages, under locks or for good; all or none. */
export const receiveBySequenceNumber: Operation = (context, request) => {
  checkReceives(receivable(context));
  const { core, client, now } = context;
  const queue = queueOf(context);
  const sessionId = request.text('session-id');
  if (queue.sessions && !queue.sessions.get(sessionId ?? '')?.isHeldBy(client, now)) {
    throw sessionLockLost(sessionId ?? '');
  }
  const lock = (request.number('receiver-settle-mode') ?? 1) === 1;
  const messages = sequenceNumbers(request).map((number) => {
    const message = queue.find(number);
    if (message?.state !== 'deferred' || message.lock) throw messageNotFound(number);
    if (queue.sessions && message.sessionId !== sessionId) throw messageNotFound(number);
    return message;
  });
  context.entity.lifecycle.touch(now);
  const items = messages.map((message) => {
    if (!lock) queue.remove(message);
    else queue.lock(message, now);
    const token = core.tokens.encode({ sequenceNumber: message.sequenceNumber, lockId: message.lock?.id ?? 0 });
    const bytes = writeReceived(message, lock ? { until: queue.lockedUntil(message), token } : undefined);
    return { token, bytes };
  });
  return {
    status: 200,
    body: (writer) =>
      writer.map(1, (map) =>
        map.string('messages').list(items.length, (list) => {
          for (const { token, bytes } of items) {
            list.map(lock ? 2 : 1, (item) => {
              item.string('message').binary(bytes);
              if (lock) item.string('lock-token').uuid(token);
            });
          }
        }),
      ),
  };
};

/** The message of each lock token, in their order. @throws BrokerError when one of the locks is lost */
function lockedMessages(context: OperationContext, request: FieldMap): readonly QueuedMessage[] {
  receivable(context);
  const queue = queueOf(context);
  return request.list('lock-tokens').map((text) => {
    const token = typeof text === 'string' ? context.core.tokens.decode(text) : undefined;
    if (!token) throw messageLockLost();
    return queue.locked(token.sequenceNumber, token.lockId, context.now);
  });
}

function encodeTime(ms: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(ms));
  return bytes;
}
