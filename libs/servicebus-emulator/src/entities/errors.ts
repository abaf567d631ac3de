/** What the broker refuses, by the condition a client sees, and the status of a management reply. */
const STATUS = {
  'amqp:not-found': 404,
  'amqp:not-allowed': 400,
  'amqp:not-implemented': 501,
  'amqp:decode-error': 400,
  'amqp:internal-error': 500,
  'amqp:resource-limit-exceeded': 403,
  'amqp:unauthorized-access': 401,
  'amqp:link:message-size-exceeded': 403,
  'amqp:link:detach-forced': 500,
  'amqp:connection:forced': 500,
  'com.microsoft:argument-error': 400,
  'com.microsoft:entity-already-exists': 409,
  'com.microsoft:entity-disabled': 400,
  'com.microsoft:message-lock-lost': 410,
  'com.microsoft:session-lock-lost': 410,
  'com.microsoft:session-cannot-be-locked': 409,
  'com.microsoft:message-not-found': 404,
  'com.microsoft:timeout': 408,
  'com.microsoft:server-busy': 503,
  'com.microsoft:operation-cancelled': 500,
} as const;

export type ErrorCondition = keyof typeof STATUS;

export const ERROR_CONDITIONS = Object.keys(STATUS) as readonly ErrorCondition[];

/** The broker says no; its condition and text are what Azure says, so that clients raise the same error. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly condition: ErrorCondition;

  constructor(condition: ErrorCondition, message: string) {
    super(message);
    this.condition = condition;
  }

  /** The status code of a management reply. */
  get status(): number {
    return STATUS[this.condition];
  }
}

export function entityNotFound(path: string): BrokerError {
  return new BrokerError('amqp:not-found', `The messaging entity '${path}' could not be found.`);
}

export function entityExists(path: string): BrokerError {
  return new BrokerError(
    'com.microsoft:entity-already-exists',
    `The messaging entity '${path}' already exists. Choose another name, or delete it first.`,
  );
}

export function entityDisabled(path: string): BrokerError {
  return new BrokerError('com.microsoft:entity-disabled', `Messaging entity '${path}' is currently disabled.`);
}

export function messageLockLost(): BrokerError {
  return new BrokerError(
    'com.microsoft:message-lock-lost',
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue, or was received by a different receiver instance.',
  );
}

export function sessionLockLost(sessionId: string): BrokerError {
  return new BrokerError(
    'com.microsoft:session-lock-lost',
    `The session lock has expired on the MessageSession. Accept a new MessageSession. Session: '${sessionId}'.`,
  );
}

export function sessionCannotBeLocked(sessionId: string): BrokerError {
  return new BrokerError(
    'com.microsoft:session-cannot-be-locked',
    `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
  );
}

export function messageNotFound(sequenceNumber: number): BrokerError {
  return new BrokerError(
    'com.microsoft:message-not-found',
    `The message with sequence number ${sequenceNumber} could not be found.`,
  );
}

export function quotaExceeded(path: string, bytes: number, limit: number): BrokerError {
  return new BrokerError(
    'amqp:resource-limit-exceeded',
    `The maximum entity size has been reached or exceeded for '${path}'. Size of entity in bytes:${bytes}, Max entity size in bytes:${limit}.`,
  );
}
