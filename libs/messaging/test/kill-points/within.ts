/**
 * Waits for `work`, and no longer than the limit; what goes on after that is left alone.
 * @param limitMs in milliseconds, by the machine's clock
 * @param what says, once the limit is over, what was waited for
 * @throws Error when it takes longer; what `work` rejects with
 */
export async function within<T>(limitMs: number, what: () => string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${limitMs} ms: ${what()}.`)), limitMs);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
