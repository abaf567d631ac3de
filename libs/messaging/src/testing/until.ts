const longestMs = 45_000;

/**
 * Asks again, giving way in between, until the answer is yes; resolves with after how many ms.
 * @throws Error after 45 s, so that a failing test ends
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await condition())) {
    if (performance.now() - begun > longestMs) throw new Error(`Still not true: ${String(condition)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return performance.now() - begun;
}
