import { describe, expect, it } from '@jest/globals';
import { chunksOf, damage, randomFrames } from '../testing/random-frames.js';
import { numbersFrom } from '../testing/numbers.js';
import { RestlessServer } from '../testing/restless-server.js';

/** For longer runs: `AMQP_FUZZ_SEED=… AMQP_FUZZ_RUNS=1000000`. */
const SEED = Number(process.env['AMQP_FUZZ_SEED'] ?? 1);
const RUNS = Number(process.env['AMQP_FUZZ_RUNS'] ?? 1_500);
const FRAMES = 120;
const TIMEOUT = 24 * 3600 * 1_000;

/** Runs `check` with one seed after the other; the seed that fails is in the error. */
function withSeeds(check: (seed: number) => void): void {
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    try {
      check(seed);
    } catch (error) {
      throw new Error(`The seed ${seed} fails.`, { cause: error });
    }
  }
}

describe('whatever a peer sends and a listener does', () => {
  it(
    'in any chunking, gives the same events and the same output',
    () => {
      withSeeds((seed) => {
        const bytes = Buffer.concat(damage(numbersFrom(seed), randomFrames(numbersFrom(seed), FRAMES)));
        const whole = new RestlessServer(seed, true);
        whole.receive(bytes);
        const cut = new RestlessServer(seed, true);
        for (const chunk of chunksOf(numbersFrom(seed + 1), bytes)) cut.receive(chunk);
        expect(cut.events).toEqual(whole.events);
        expect(cut.output().equals(whole.output())).toBe(true);
      });
    },
    TIMEOUT,
  );

  it(
    'ends each thing once, and says nothing about what is gone',
    () => {
      const seen = new Map<string, number>();
      withSeeds((seed) => {
        const restless = new RestlessServer(seed);
        for (const frame of damage(numbersFrom(seed), randomFrames(numbersFrom(seed), FRAMES))) restless.receive(frame);
        restless.server.inputEnded();
        restless.take();
        expect(restless.events.at(-1)).toBe('closed');
        for (const event of restless.events) {
          const name = event.split(' ')[0] as string;
          seen.set(name, (seen.get(name) ?? 0) + 1);
        }
      });
      const names = ['began', 'ended', 'attached', 'detached', 'delivery', 'sendable', 'drain', 'disposed', 'closed'];
      expect(names.filter((name) => (seen.get(name) ?? 0) < RUNS / 20)).toEqual([]);
    },
    TIMEOUT,
  );
});
