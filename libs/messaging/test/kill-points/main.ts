import { type Moment, moments } from './points.js';
import { type Fault, faults } from './protocol.js';
import { type RunOptions, runKillPoints } from './run-kill-points.js';

/**
 * `main census|ci|all [FAULT …] [PART OF A NAME]`: `census` strikes nothing and checks that every point is reached or
 * listed; `ci` kills before and after every await and does everything else at the one
 * moment of each where it hurts most; `all` does all at every moment, with a dozen messages in flight.
 */
const [, , mode = 'ci', ...rest] = process.argv;
const isFault = (word: string): word is Fault => faults.some((fault) => fault === word);
const chosen = rest.filter(isFault);
const only = rest.find((word) => !isFault(word));

const ciMoments: Readonly<Record<Fault, readonly Moment[]>> = {
  kill: ['before', 'after'],
  // The answer is lost, and with it what became of what was asked for.
  cut: ['during'],
  'database-gone': ['during'],
  // What is done next is done without the lock.
  'lock-lost': ['before'],
  freeze: ['before'],
};

const size: Pick<RunOptions, 'benches' | 'concurrency' | 'messages'> =
  mode !== 'all' ? { benches: 6, concurrency: 4, messages: 1 } : { benches: 6, concurrency: 8, messages: 4 };

const isGood = await runKillPoints({
  ...size,
  strikes: new Map(
    (mode === 'census' ? [] : chosen.length > 0 ? chosen : faults).map((fault) => [
      fault,
      mode === 'ci' ? ciMoments[fault] : moments,
    ]),
  ),
  ...(only !== undefined && { only }),
  print: (line) => void process.stdout.write(`${line}\n`),
});
process.exitCode = isGood ? 0 : 1;
