import type { BrokerCore } from '../../broker-core.js';
import type { ValueWriter } from '../../codec/value-writer.js';
import type { Entity, QueueEntity, SubscriptionEntity } from '../../entities/entity.js';
import type { SubQueue } from '../../entities/entity-path.js';
import { BrokerError } from '../../entities/errors.js';
import type { MessageQueue } from '../../entities/message-queue.js';
import type { UnitOfWork } from '../../entities/unit-of-work.js';
import type { FieldMap } from '../request.js';

/** Where a management request was addressed. */
export interface OperationContext {
  readonly core: BrokerCore;
  readonly entity: Entity;
  readonly subQueue: SubQueue;
  readonly now: number;
  /** Whose request it is. */
  readonly client: object;
}

export interface OperationResult {
  /** 200, or 204 when there is nothing. */
  readonly status: 200 | 204;
  /** What was sent and is seen once it is safe. */
  readonly unit?: UnitOfWork;
  /** Writes the body's map; empty by default. */
  readonly body?: (writer: ValueWriter) => void;
}

/** @throws BrokerError when it cannot be done; nothing was done then */
export type Operation = (context: OperationContext, request: FieldMap) => OperationResult;

export const DONE: OperationResult = { status: 200 };
export const NOTHING: OperationResult = { status: 204 };

/** The queue a request is about. */
export function queueOf({ entity, subQueue }: OperationContext): MessageQueue {
  return entity.kind === 'topic' ? entity.main : entity[subQueue];
}

/** @throws BrokerError when messages cannot be received from the entity */
export function receivable({ entity }: OperationContext): QueueEntity | SubscriptionEntity {
  if (entity.kind !== 'topic') return entity;
  throw new BrokerError(
    'amqp:not-allowed',
    `'${entity.path}' is a topic: messages are received from its subscriptions.`,
  );
}

/** @throws BrokerError when a required field is missing */
export function required<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new BrokerError('com.microsoft:argument-error', `The request lacks '${name}'.`);
}

/** The sequence numbers of a request, each once. @throws BrokerError */
export function sequenceNumbers(request: FieldMap): readonly number[] {
  const numbers = request.list('sequence-numbers').map((value) => {
    if (typeof value === 'bigint') return Number(value);
    throw new BrokerError('com.microsoft:argument-error', "'sequence-numbers' must be integers.");
  });
  return [...new Set(numbers)];
}
