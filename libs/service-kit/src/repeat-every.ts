export interface RepeatOptions {
  /** From the start of one run to the start of the next, in milliseconds. */
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  /** Called with what `work` rejects with; the next run comes all the same. */
  readonly onError: (error: unknown) => void;
}

/**
 * Runs `work` every so often, first after one interval, and never twice at a time: a run that takes longer lets the
 * next one out. Does not keep the process alive. Returns how to stop, which waits for a run that is under way.
 */
export function repeatEvery({ everyMs, work, onError }: RepeatOptions): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
