/**
 * The child's side of the supervisor: what a process of this package says and hears while `orderflow up` runs it.
 */

/** Tells the supervisor, if there is one, that this process does its work, and what others need to know of it. */
export function tellReady(facts: object): void {
  process.send?.(facts);
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Resolves when this process is asked to stop: by a signal, or by the end of the supervisor, which closes the IPC
 * channel however it died.
 */
export function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop);
      // Without a listener the channel no longer keeps this process alive.
      process.off('disconnect', stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
    if (process.channel !== undefined) process.on('disconnect', stop);
  });
}
