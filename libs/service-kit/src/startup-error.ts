/** The service cannot start as things are; the message says what to do. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
