/** How many dead letters there are. */
export const letters = Number(process.env['LETTERS'] ?? 100_000);

/** Whether a letter is one of the tenth that is chosen. */
export function isWanted(n: number): boolean {
  return n % 10 === 9;
}
