/** `disconnect`: whoever started this process with a channel to it is gone. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;
/** One Ctrl-C arrives twice under `npm start`: from the terminal and from npm. */
const oneKeypressMs = 500;

/**
 * Calls `stop` at the first signal, and `kill` at one that comes more than half a second later. Returns how to listen
 * no more.
 */
export function onStopSignals(stop: () => void, kill: () => void): () => void {
  let firstAt: number | undefined;
  const handle = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop();
    } else if (performance.now() - firstAt > oneKeypressMs) {
      kill();
    }
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
