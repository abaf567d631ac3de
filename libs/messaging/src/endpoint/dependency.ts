/** Something a handler needs that may be away: its database, another service. */
export interface Dependency {
  /** The name that a `DependencyAwayError` or a failure rule gives it, e.g. `database`. */
  readonly name: string;
  /**
   * Resolves when the dependency can be used; rejects when it is away. Asked while the endpoint is paused, before a
   * message is tried. Given up after 5 s by `signal`. Without one, messages themselves are the probe.
   */
  readonly probe?: (signal: AbortSignal) => Promise<unknown>;
}

/** A probe that has not answered by then has failed, in ms. */
const probeTimeoutMs = 5_000;

/** Asks the probe of a dependency; what has none may be tried. Rejects when the dependency is away. */
export async function ask({ name, probe }: Dependency): Promise<void> {
  if (!probe) return;
  const signal = AbortSignal.timeout(probeTimeoutMs);
  const late = Promise.withResolvers<never>();
  const giveUp = (): void =>
    late.reject(new Error(`The probe of "${name}" did not answer within ${probeTimeoutMs} ms.`));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([probe(signal), late.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
