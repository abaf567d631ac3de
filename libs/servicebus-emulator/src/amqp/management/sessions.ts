import { BrokerError, sessionLockLost } from '../../entities/errors.js';
import type { Session } from '../../entities/session.js';
import type { SessionTable } from '../../entities/session-table.js';
import { tooLarge } from '../incoming-link.js';
import type { FieldMap } from '../request.js';
import { DONE, NOTHING, type Operation, type OperationContext, queueOf, required } from './operation.js';

/** Renews a session's lock: it ends a lock duration from now. */
export const renewSessionLock: Operation = (context, request) => {
  const { session, table } = held(context, request);
  const holder = session.lock?.holder;
  if (!holder) throw sessionLockLost(session.id);
  const expiration = table.renew(session, holder, context.now);
  return { status: 200, body: (writer) => writer.map(1, (map) => map.string('expiration').timestamp(expiration)) };
};

export const getSessionState: Operation = (context, request) => {
  const { state } = held(context, request).session;
  return {
    status: 200,
    body: (writer) =>
      writer.map(1, (map) => {
        map.string('session-state');
        if (state) map.binary(state);
        else map.null();
      }),
  };
};

/** Sets the state; null, also as JavaScript's clients write it, clears it. */
export const setSessionState: Operation = (context, request) => {
  const { session } = held(context, request);
  const bytes = request.binary('session-state');
  const limit = maxMessageBytes(context);
  if (bytes && bytes.length > limit) throw tooLarge(bytes.length, limit);
  const state = bytes === undefined || bytes.equals(NULL_AS_JSON) ? undefined : Buffer.from(bytes);
  context.core.namespace.setSessionState(queueOf(context), session.id, state, context.now);
  context.entity.lifecycle.touch(context.now);
  return DONE;
};

/** A state may be as large as a message (Learn, "Message sessions"). */
function maxMessageBytes({ entity }: OperationContext): number {
  const { options } = entity.kind === 'subscription' ? entity.topic : entity;
  return options.maxMessageSizeInKilobytes * 1024;
}

const NULL_AS_JSON = Buffer.from('null');

/** The largest time that .NET knows: "sessions with messages" rather than "sessions whose state changed since". */
const NO_TIME = Date.UTC(9999, 11, 31);

/** Lists session ids, a page at a time. */
export const getMessageSessions: Operation = (context, request) => {
  const table = tableOf(context);
  const since = request.time('last-updated-time') ?? NO_TIME;
  const skip = request.number('skip') ?? 0;
  const top = request.number('top') ?? 100;
  const ids: string[] = [];
  for (const session of table.all()) {
    if (since >= NO_TIME ? session.all.size > 0 : session.stateSetAt > since) ids.push(session.id);
    if (ids.length >= skip + top) break;
  }
  const page = ids.slice(skip);
  if (page.length === 0) return NOTHING;
  return {
    status: 200,
    body: (writer) =>
      writer.map(2, (map) => {
        map.string('skip').int(skip + page.length);
        map.string('sessions-ids').array(0xb1, page.map(encodeString));
      }),
  };
};

function encodeString(text: string): Buffer {
  const length = Buffer.allocUnsafe(4);
  const bytes = Buffer.from(text);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** @throws BrokerError unless the client holds the session */
function held(context: OperationContext, request: FieldMap): { session: Session; table: SessionTable } {
  const table = tableOf(context);
  const id = required(request.text('session-id'), 'session-id');
  const session = table.get(id);
  if (!session?.isHeldBy(context.client, context.now)) throw sessionLockLost(id);
  return { session, table };
}

function tableOf(context: OperationContext): SessionTable {
  const { sessions } = queueOf(context);
  if (sessions) return sessions;
  throw new BrokerError('amqp:not-allowed', `'${context.entity.path}' does not require sessions.`);
}
