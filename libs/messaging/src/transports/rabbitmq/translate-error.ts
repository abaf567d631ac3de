import { TransportError, type TransportErrorCode } from '../../transport.js';

/** What the client's errors have in common with those of Node's sockets. */
interface ClientError {
  readonly message: string;
  /** The reply code of the broker (https://www.rabbitmq.com/amqp-0-9-1-reference#constants), or a name of Node's. */
  readonly code?: unknown;
}

/** What the broker's reply codes mean here, and whether the same call may succeed later. */
const codes: Readonly<Record<number, readonly [code: TransportErrorCode, retryable: boolean]>> = {
  311: ['MessageTooLarge', false],
  320: ['Unreachable', true], // CONNECTION_FORCED: the broker stops
  403: ['Unauthorized', false],
  404: ['QueueNotFound', false],
  405: ['Busy', true], // RESOURCE_LOCKED
  506: ['Busy', true], // RESOURCE_ERROR
  541: ['BrokerError', true],
};
const tooLarge = /message size \d+ .*larger than/i;
const refusedLogin = /ACCESS.REFUSED|\b403\b/i;
const forbidden = /NOT_ALLOWED|\b530\b/i;
const certificate = /certificate|SSL routines|ERR_SSL|ERR_TLS|self.signed/i;
const away =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|Channel clos|Channel ended|Connection clos|channel closed|socket closed|heartbeat/i;

/** A failure of the client as a {@link TransportError}: `doing` says what was attempted, e.g. `send to queue "orders"`. */
export function translateError(error: unknown, doing: string, kind: 'queue' | 'topic' = 'queue'): TransportError {
  if (error instanceof TransportError) return error;
  const failure = error as ClientError;
  const [code, retryable] = classify(failure, kind);
  return new TransportError(code, `Could not ${doing}: ${failure.message}`, retryable, { cause: error });
}

/** Whether a declaration failed because what exists is different (PRECONDITION_FAILED). */
export function isInequivalent(error: unknown): boolean {
  return replyCode(error as ClientError) === 406;
}

/** Whether the user has no right to do that (ACCESS_REFUSED). */
export function isRefused(error: unknown): boolean {
  return replyCode(error as ClientError) === 403;
}

function classify(error: ClientError, kind: 'queue' | 'topic'): readonly [TransportErrorCode, boolean] {
  const reply = replyCode(error);
  if (reply === 404 && kind === 'topic') return ['TopicNotFound', false];
  if (tooLarge.test(error.message)) return ['MessageTooLarge', false];
  const known = reply === undefined ? undefined : codes[reply];
  if (known !== undefined) return known;
  if (reply === 530 || forbidden.test(error.message)) return ['Unauthorized', false];
  if (refusedLogin.test(error.message)) return ['Unauthorized', false];
  if (certificate.test(`${String(error.code)} ${error.message}`)) return ['Unauthorized', false];
  if (away.test(`${String(error.code)} ${error.message}`)) return ['Unreachable', true];
  return ['BrokerError', true];
}

function replyCode({ code }: ClientError): number | undefined {
  return typeof code === 'number' ? code : undefined;
}
