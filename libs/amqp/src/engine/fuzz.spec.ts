import { describe, expect, it } from '@jest/globals';
import { fuzzChunks, fuzzDamage, fuzzGrammar } from '../testing/fuzz/fuzzes.js';
import { withSeeds } from '../testing/with-seeds.js';

/** For longer runs: `AMQP_FUZZ_SEED=… AMQP_FUZZ_RUNS=1000000`, or `npm run fuzz:amqp`. */
const RUNS = Number(process.env['AMQP_FUZZ_RUNS'] ?? 200);
const TIMEOUT = 24 * 3600 * 1_000;
const EVENTS = ['began', 'ended', 'attached', 'detached', 'delivery', 'sendable', 'drain', 'disposed', 'closed'];

/** Counts events, and names those that came too seldom for the test to mean anything. */
function counting() {
  const seen = new Map<string, number>();
  const heard = (event: string) => void seen.set(event, (seen.get(event) ?? 0) + 1);
  return { heard, rare: () => EVENTS.filter((event) => (seen.get(event) ?? 0) < RUNS / 20) };
}

describe('whatever a peer sends and a listener does', () => {
  it('in any chunking, gives the same events and the same output', () => withSeeds(RUNS, fuzzChunks), TIMEOUT);

  it(
    'ends each thing once, and says nothing about what is gone',
    () => {
      const { heard, rare } = counting();
      withSeeds(RUNS, (seed) => fuzzDamage(seed, heard));
      expect(rare()).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'does so too when it keeps the grammar and nothing else',
    () => {
      const { heard, rare } = counting();
      withSeeds(RUNS / 2, (seed) => fuzzGrammar(seed, heard));
      expect(rare()).toEqual([]);
    },
    TIMEOUT,
  );
});
