import { parseArgs } from 'node:util';
import { type Moment, moments } from './points.js';
import { type Fault, faults } from './protocol.js';
import { type RunOptions, runKillPoints } from './run-kill-points.js';

/**
 * `main census|ci|all [--sample N] [--seed TEXT] [FAULT …] [PART OF A NAME]`: `census` strikes nothing and checks that
 * every point is reached or listed; `ci` kills before and after every await and does everything else at the one moment
 * of each where it hurts most; `all` does all at every moment, with a dozen messages in flight. `--sample`: all kills,
 * and so many cases of each other fault, drawn with a seed that is printed. Ends with 1 when anything differs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string' } },
});
const [mode = 'ci', ...rest] = positionals;
const isFault = (word: string): word is Fault => faults.some((fault) => fault === word);
const chosen = rest.filter(isFault);
const only = rest.find((word) => !isFault(word));
const sample = values.sample === undefined ? undefined : Number(values.sample);

const problems = [
  ...(['census', 'ci', 'all'].includes(mode) ? [] : [`"${mode}" is no mode: census, ci or all.`]),
  ...(sample === undefined || (Number.isInteger(sample) && sample > 0)
    ? []
    : ['--sample takes a whole number from 1.']),
  ...(values.seed !== undefined && sample === undefined ? ['--seed needs --sample.'] : []),
];
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exit(2);
}

/** How long a finished run may take to end by itself, in milliseconds. */
const endingMs = 10_000;

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
  ...(sample !== undefined && { sample }),
  ...(values.seed !== undefined && { seed: values.seed }),
  print: (line) => void process.stdout.write(`${line}\n`),
});
process.exitCode = isGood ? 0 : 1;
setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  process.stderr.write(`Something is still open after the run: ${open}.\n`);
  process.exit(1);
}, endingMs).unref();
