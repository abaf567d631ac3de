/** Waits until `work` has ended, however it ends, but no longer than `ms` milliseconds; keeps no timer after that. */
export async function settledWithin(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  if (work === undefined) return;
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([Promise.allSettled([work]), timeout.promise]);
  clearTimeout(timer);
}
