/** Calls `work` with 0 to `count` - 1, so many at a time. */
export async function callConcurrently(
  count: number,
  atATime: number,
  work: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      const number = next;
      next += 1;
      await work(number);
    }
  };
  await Promise.all(Array.from({ length: atATime }, caller));
}
