/**
 * Rounds of several kinds in turn, so that what the machine does meanwhile does to all. Another kind begins each round.
 * @param warmUp rounds before those that count
 * @returns the results of each kind, in the order of the rounds
 */
export async function alternate<const Kinds extends readonly (() => Promise<unknown>)[]>(
  warmUp: number,
  count: number,
  kinds: Kinds,
): Promise<{ [Kind in keyof Kinds]: Awaited<ReturnType<Kinds[Kind]>>[] }> {
  const results = kinds.map((): unknown[] => []);
  for (let round = -warmUp; round < count; round += 1) {
    for (let turn = 0; turn < kinds.length; turn += 1) {
      const place = (round + warmUp + turn) % kinds.length;
      const result = await kinds[place]?.();
      if (round >= 0) results[place]?.push(result);
    }
  }
  return results as { [Kind in keyof Kinds]: Awaited<ReturnType<Kinds[Kind]>>[] };
}
