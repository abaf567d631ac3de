import { Composite, mandatory, oneOf, optional, withDefault } from './composite.js';
import { binary, boolean, type Fields, fields, symbol, string, uint, ulong, any } from './field-types.js';
import type { AmqpValue } from './value.js';

/** Why something ended or was refused. */
export interface AmqpError {
  readonly type: 'error';
  /** Such as `amqp:not-found`. */
  readonly condition: string;
  readonly description: string | undefined;
  readonly info: Fields | undefined;
}

export const ERROR = new Composite<AmqpError>('error', 0x1d, {
  condition: mandatory(symbol),
  description: optional(string),
  info: optional(fields),
});

export interface Received {
  readonly type: 'received';
  readonly sectionNumber: number;
  readonly sectionOffset: bigint;
}

export const RECEIVED = new Composite<Received>('received', 0x23, {
  sectionNumber: mandatory(uint),
  sectionOffset: mandatory(ulong),
});

export interface Accepted {
  readonly type: 'accepted';
}

export const ACCEPTED = new Composite<Accepted>('accepted', 0x24, {});

export interface Rejected {
  readonly type: 'rejected';
  readonly error: AmqpError | undefined;
}

export const REJECTED = new Composite<Rejected>('rejected', 0x25, { error: optional(ERROR) });

export interface Released {
  readonly type: 'released';
}

export const RELEASED = new Composite<Released>('released', 0x26, {});

export interface Modified {
  readonly type: 'modified';
  readonly deliveryFailed: boolean;
  readonly undeliverableHere: boolean;
  readonly messageAnnotations: Fields | undefined;
}

export const MODIFIED = new Composite<Modified>('modified', 0x27, {
  deliveryFailed: withDefault(boolean, false),
  undeliverableHere: withDefault(boolean, false),
  messageAnnotations: optional(fields),
});

/** What may become of a delivery. */
export type Outcome = Accepted | Rejected | Released | Modified;

export const outcome = oneOf<Outcome>('outcome', [ACCEPTED, REJECTED, RELEASED, MODIFIED]);

/** The answer to {@link Declare}. */
export interface Declared {
  readonly type: 'declared';
  readonly txnId: Buffer;
}

export const DECLARED = new Composite<Declared>('declared', 0x33, { txnId: mandatory(binary) });

/** An outcome that counts once its transaction is committed. */
export interface TransactionalState {
  readonly type: 'transactional-state';
  readonly txnId: Buffer;
  readonly outcome: Outcome | undefined;
}

export const TRANSACTIONAL_STATE = new Composite<TransactionalState>('transactional-state', 0x34, {
  txnId: mandatory(binary),
  outcome: optional(outcome),
});

export type DeliveryState = Outcome | Received | Declared | TransactionalState;

export const deliveryState = oneOf<DeliveryState>('delivery state', [
  ...[ACCEPTED, RELEASED, REJECTED, MODIFIED, RECEIVED, DECLARED, TRANSACTIONAL_STATE],
]);

/** Begins a transaction: the body of a message to the coordinator. */
export interface Declare {
  readonly type: 'declare';
  readonly globalId: AmqpValue | undefined;
}

export const DECLARE = new Composite<Declare>('declare', 0x31, { globalId: optional(any) });

/** Ends a transaction: the body of a message to the coordinator. */
export interface Discharge {
  readonly type: 'discharge';
  readonly txnId: Buffer;
  /** True rolls back. */
  readonly fail: boolean;
}

export const DISCHARGE = new Composite<Discharge>('discharge', 0x32, {
  txnId: mandatory(binary),
  fail: withDefault(boolean, false),
});
