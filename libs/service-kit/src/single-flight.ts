/**
 * Calls `ask` once for all who want to know while the answer is under way (known as single flight): however many
 * probes come, one question is open.
 */
export function singleFlight<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asking: Promise<Answer> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
