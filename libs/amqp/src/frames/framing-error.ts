/** Bytes that are no frame: `amqp:connection:framing-error` on the wire. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
  readonly condition = 'amqp:connection:framing-error';
}
