/** Bytes that are no AMQP 1.0 value, or not the type that was expected: `amqp:decode-error` on the wire. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly condition = 'amqp:decode-error';
}
