import { randomInt } from 'node:crypto';
import { basename } from 'node:path';
import { expect } from '@jest/globals';
import fc from 'fast-check';

/** The environment variable with which a run of random tests is repeated. */
const VARIABLE = 'BROKER_TEST_SEED';

/** @throws when the variable is there and no seed */
function seedOf(text: string | undefined): number {
  if (text === undefined) return randomInt(2 ** 31);
  if (/^-?\d{1,10}$/.test(text)) return Number(text) | 0;
  throw new Error(`${VARIABLE} must be the whole number that a run printed, not '${text}'.`);
}

const seed = seedOf(process.env[VARIABLE]);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
process.stderr.write(`${basename(expect.getState().testPath ?? '')}: random with ${VARIABLE}=${seed}\n`);

/** fast-check, whose properties all begin with one seed: it is printed, and gives the same run again. */
export default fc;
