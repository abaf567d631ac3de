/** Bytes that are no AMQP 1.0 value, or no message. Becomes `amqp:decode-error` on the wire. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}
