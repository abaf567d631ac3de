import type { EffectInbox, Inbox } from './inbox/inbox.js';
import type { Message } from './message.js';
import type { FailureKind } from './retry/classify.js';
import type { Delivery } from './transport.js';

/** A message with what was prepared for it. */
export interface PreparedMessage<T, Prepared> {
  readonly prepared: Prepared;
  readonly message: Message<T>;
}

/** What a failure is, by the rules of a handler. */
export type Judge = (error: unknown) => FailureKind;

/** The first of a handler's two steps: what asks the world runs before anything is written. */
interface FirstStep<T, Prepared> {
  /** The name the inbox remembers it under, e.g. `billing-worker`; another name handles the message again. */
  readonly consumer: string;
  /**
   * Outside of any transaction: calls to other services. Runs at every try, also of a message that was handled before, so
   * that what it changes elsewhere needs an idempotency key. `signal` is aborted when the consumer stops, the lock is
   * lost, or the handler's time limit is reached.
   */
  prepare(message: Message<T>, signal: AbortSignal, delivery: Delivery): Promise<Prepared>;
}

/**
 * A handler in two steps: what asks the world runs before the transaction, which is open only to write. `Tx` is the
 * transaction handle of the inbox.
 */
export interface Steps<T, Prepared, Tx> extends FirstStep<T, Prepared> {
  /** Where what was handled is remembered, in the transaction of `commit`. */
  readonly inbox: Inbox<Tx>;
  /**
   * Inside the transaction, after the inbox row: the effect and the outgoing messages. Not called for a message that was
   * handled before; all is undone when it throws. It waits for nothing but the database.
   */
  commit(prepared: Prepared, tx: Tx, message: Message<T>): Promise<void>;
  /**
   * The same for messages that are ready at the same time, in one transaction, where the inbox can: 2 to 64, one an
   * ordering key, none of them handled before. Set-based, it costs little more than `commit` of one. Rows that several
   * transactions write have to be locked in one order, that of their keys. May run again after all was undone. When it
   * throws, each message is committed alone by `commit`, unless a dependency is away.
   */
  commitMany?(all: readonly PreparedMessage<T, Prepared>[], tx: Tx): Promise<void>;
}

/**
 * A handler in two steps whose second one is a single statement, with the inbox row in it: one round trip instead of four,
 * alone and for those that are ready at the same time. `Effect` is what the inbox takes.
 */
export interface StatementSteps<T, Prepared, Effect> extends FirstStep<T, Prepared> {
  /** Where what was handled is remembered, by the statement that has the effect. */
  readonly inbox: EffectInbox<Effect>;
  /**
   * What these messages come to: 1 to 64, one an ordering key and no two of an id. Some may have been handled before, so
   * the effect takes its rows from those that the inbox tells it are new. Asks nobody and changes nothing. When it throws,
   * or the statement fails, each message is tried alone, unless a dependency is away.
   */
  effectOf(all: readonly PreparedMessage<T, Prepared>[]): Effect;
}

/** Steps of any kind, as a handler may answer or be them. */
// biome-ignore lint/suspicious/noExplicitAny: what is prepared, and by which transaction, is their own business
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnySteps<T> = Steps<T, any, any> | StatementSteps<T, any, any>;

/** Tells steps from a function, and from whatever else a handler answered. */
export function isSteps(value: unknown): value is AnySteps<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { prepare, commit, effectOf } = value as Partial<Steps<unknown, unknown, unknown>> &
    Partial<StatementSteps<unknown, unknown, unknown>>;
  return typeof prepare === 'function' && (typeof commit === 'function' || typeof effectOf === 'function');
}
