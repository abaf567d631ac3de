import { describe, it } from '@jest/globals';
import { runModel } from '../testing/model/steps.js';
import { withSeeds } from '../testing/with-seeds.js';

/** For longer runs: `AMQP_FUZZ_SEED=… AMQP_MODEL_RUNS=100000`. */
const RUNS = Number(process.env['AMQP_MODEL_RUNS'] ?? 200);
const STEPS = 250;
const TIMEOUT = 24 * 3600 * 1_000;

describe('the engine and a client that counts naively', () => {
  it(
    'agree after each step on ids, windows, credit and what is unsettled',
    () => withSeeds(RUNS, (seed) => runModel(seed, STEPS)),
    TIMEOUT,
  );
});
