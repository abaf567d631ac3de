import { type Fault, faults } from './protocol.js';
import { type Moment, moments } from './points.js';
import { type RunOptions, runKillPoints } from './run-kill-points.js';

/** `main [ci|all] [FAULT …] [PART OF A NAME]`. */
const [, , mode = 'ci', ...rest] = process.argv;
const chosen = rest.filter((one): one is Fault => faults.some((fault) => fault === one));
const only = rest.find((one) => !faults.some((fault) => fault === one));

const strikes = new Map<Fault, readonly Moment[]>(
  (chosen.length > 0 ? chosen : faults).map((fault) => [fault, moments]),
);
const size: Pick<RunOptions, 'lanes' | 'concurrency' | 'messages'> =
  mode === 'ci' ? { lanes: 4, concurrency: 2, messages: 1 } : { lanes: 4, concurrency: 8, messages: 4 };

const isGood = await runKillPoints({
  ...size,
  strikes,
  ...(only !== undefined && { only }),
  print: (line) => void process.stdout.write(`${line}\n`),
});
process.exitCode = isGood ? 0 : 1;
