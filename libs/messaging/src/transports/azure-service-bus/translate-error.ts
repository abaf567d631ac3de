import { TransportError, type TransportErrorCode } from '../../transport.js';

/** What the SDK's errors have in common with those of Node's sockets. */
interface BrokerError {
  readonly message: string;
  readonly code?: unknown;
  readonly retryable?: unknown;
}

/** What the SDK calls a failure, what we call it, and whether the same call may succeed later. */
const codes: Readonly<Record<string, readonly [code: TransportErrorCode, retryable: boolean]>> = {
  MessageSizeExceeded: ['MessageTooLarge', false],
  MessagingEntityDisabled: ['EntityDisabled', true],
  MessageLockLost: ['LockLost', false],
  QuotaExceeded: ['QueueFull', true],
  ServiceBusy: ['Busy', true],
  ServiceCommunicationProblem: ['Unreachable', true],
  ServiceTimeout: ['Timeout', true],
  SessionCannotBeLocked: ['Busy', true],
  SessionLockLost: ['LockLost', false],
  UnauthorizedAccess: ['Unauthorized', false],
};
/** What it says to a receiver of sessions of an entity that has none. */
const noSessions = /(does not|doesn't) require sessions/i;
/** What the broker says to a receiver without a session of an entity that requires them; it has no code of its own. */
const sessionRequired = /requires sessions? .*non-sessionful/i;
/**
 * What a broker or the SDK says of one message that it refuses for what it is: too many bytes of headers, a key that is
 * too long. The SDK knows no code of its own for it and puts the broker's before the text.
 */
const invalidMessage = /^(ArgumentError|ArgumentOutOfRangeError|DecodeError): |^Length of '\w+' property/;
const socketErrors = /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|connection/i;

/** A failure of the SDK as a {@link TransportError}: `doing` says what was attempted, e.g. `send to queue "orders"`. */
export function translateError(error: unknown, doing: string, kind: 'queue' | 'topic' = 'queue'): TransportError {
  if (error instanceof TransportError) return error;
  // After several tries the SDK rejects with all their failures, and no message: the last one says most.
  const cause = (error instanceof AggregateError ? error.errors.at(-1) : error) as BrokerError;
  const [code, retryable] = classify(cause, kind);
  if (code === 'InvalidTopology') {
    return new TransportError(code, `Could not ${doing}: ${remedy(kind, cause)}.`, false, { cause: error });
  }
  return new TransportError(code, `Could not ${doing}: ${cause.message}`, retryable, { cause: error });
}

/** Whether the broker does not take the key or the token, or it allows something else. */
export function isUnauthorized(error: unknown): boolean {
  return translateError(error, 'show a token').code === 'Unauthorized';
}

/** What is wrong with the entity, and what to do. */
function remedy(kind: 'queue' | 'topic', { message }: BrokerError): string {
  return noSessions.test(message)
    ? `the ${kind} has no sessions; make it again with sessions (RequiresSession true), or receive without the option sessions`
    : `the ${kind} requires sessions; receive with the option sessions, or from another ${kind}`;
}

function classify(error: BrokerError, kind: 'queue' | 'topic'): readonly [TransportErrorCode, boolean] {
  const code = String(error.code ?? '');
  if (code === 'MessagingEntityNotFound') return [kind === 'queue' ? 'QueueNotFound' : 'TopicNotFound', false];
  if (sessionRequired.test(error.message) || noSessions.test(error.message)) return ['InvalidTopology', false];
  const known = codes[code];
  if (known !== undefined) return known;
  if (invalidMessage.test(error.message)) return ['InvalidMessage', false];
  if (socketErrors.test(`${code} ${error.message}`)) return ['Unreachable', true];
  return ['BrokerError', error.retryable !== false];
}
