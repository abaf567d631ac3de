import { writePeeked } from '../../codec/write-message.js';
import { checkReceives } from '../../entities/admission.js';
import type { QueuedMessage } from '../../entities/queued-message.js';
import { DONE, NOTHING, type Operation, queueOf, receivable, required } from './operation.js';

/** Azure's limit of messages in one answer, and roughly that of their bytes. */
const MAX_MESSAGES = 250;
const MAX_BYTES = 1024 * 1024;

/** Looks at messages in any state, without locking them. */
export const peek: Operation = (context, request) => {
  const from = Math.max(required(request.number('from-sequence-number'), 'from-sequence-number'), 0);
  const count = Math.min(required(request.number('message-count'), 'message-count'), MAX_MESSAGES);
  context.entity.lifecycle.touch(context.now);
  const messages: Buffer[] = [];
  let bytes = 0;
  for (const message of queueOf(context).from(from, request.text('session-id'))) {
    if (messages.length >= count) break;
    const encoded = writePeeked(message);
    bytes += encoded.length;
    if (messages.length > 0 && bytes > MAX_BYTES) break;
    messages.push(encoded);
  }
  if (messages.length === 0) return NOTHING;
  return {
    status: 200,
    body: (writer) =>
      writer.map(1, (map) =>
        map.string('messages').list(messages.length, (list) => {
          for (const message of messages) list.map(1, (item) => item.string('message').binary(message));
        }),
      ),
  };
};

/** Azure's limit of messages that one request deletes (Learn, "Batch delete messages"): it may always delete fewer. */
const MAX_DELETED = 4_000;

/** Deletes the oldest messages that nobody has locked. */
export const batchDelete: Operation = (context, request) => {
  checkReceives(receivable(context));
  const count = Math.min(required(request.number('message-count'), 'message-count'), MAX_DELETED);
  const before = request.time('enqueued-time-utc') ?? Infinity;
  const queue = queueOf(context);
  const deleted: QueuedMessage[] = [];
  for (const message of queue.from(0, request.text('session-id'))) {
    if (deleted.length >= count) break;
    if (message.state === 'active' && !message.lock && message.enqueuedAt <= before) deleted.push(message);
  }
  for (const message of deleted) queue.remove(message);
  context.entity.lifecycle.touch(context.now);
  return { ...DONE, body: (writer) => writer.map(1, (map) => map.string('message-count').int(deleted.length)) };
};
