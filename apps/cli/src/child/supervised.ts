/**
 * The child's side of the supervisor: what a process of this package sends and receives while `orderflow up` runs it.
 */

/** Reports to the supervisor, if there is one, that this process does its work, and what others need to know of it. */
export function reportReady(facts: object): void {
  process.send?.(facts);
}

/** Whether `orderflow up` runs this process. A channel alone proves nothing: the launcher may have one to its child. */
export function isSupervised(): boolean {
  return process.env['ORDERFLOW_INSTANCE'] !== undefined;
}

const requests = ['SIGTERM', 'SIGINT', 'disconnect'] as const;

/**
 * Does some work with a promise that resolves when this process is asked to stop: by a signal, or by the end of the
 * supervisor, which closes the IPC channel however it died.
 */
export async function untilAskedToStop(work: (asked: Promise<void>) => Promise<void>): Promise<void> {
  const asked = Promise.withResolvers<void>();
  const stop = (): void => asked.resolve();
  for (const request of requests) process.on(request, stop);
  try {
    await work(asked.promise);
  } finally {
    // Without a listener the channel no longer keeps this process alive.
    for (const request of requests) process.off(request, stop);
  }
}
