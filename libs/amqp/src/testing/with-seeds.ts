/** `AMQP_FUZZ_SEED`: the first seed of every random test. Default 1. */
export const FIRST_SEED = Number(process.env['AMQP_FUZZ_SEED'] ?? 1);

/** Runs `check` with so many seeds, one after the other. @throws Error that names the seed, its cause what failed */
export function withSeeds(runs: number, check: (seed: number) => void): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + runs; seed++) withSeed(seed, check);
}

/** @throws Error that names the seed, its cause what failed */
export function withSeed(seed: number, check: (seed: number) => void): void {
  try {
    check(seed);
  } catch (error) {
    throw new Error(`The seed ${seed} fails.`, { cause: error });
  }
}
