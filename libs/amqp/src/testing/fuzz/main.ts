/**
 * `npm run fuzz:amqp`: fuzzes the engine for `AMQP_FUZZ_SECONDS` (default 60), one seed after the other from
 * `AMQP_FUZZ_SEED` on (default 1), every kind with each. Prints totals as lines of the table in the library's README;
 * what fails is printed with its seed, and ends it with 1.
 */
import { FIRST_SEED, withSeed } from '../with-seeds.js';
import { FUZZES } from './fuzzes.js';

const seconds = Number(process.env['AMQP_FUZZ_SECONDS'] ?? 60);
const totals = new Map(Object.keys(FUZZES).map((name) => [name, 0]));
const start = performance.now();
const elapsed = () => (performance.now() - start) / 1_000;
let seed = FIRST_SEED;
let reportAt = 60;

function print(): void {
  const date = new Date(performance.timeOrigin).toISOString().slice(0, 10);
  const counts = [...totals.values()].map((total) => total.toLocaleString('en'));
  const seeds = `${FIRST_SEED} to ${seed - 1}`;
  console.log(`| ${[date, `${Math.round(elapsed())} s`, seeds, ...counts].join(' | ')} |`);
}

console.log(
  `| ${['date', 'time', 'seeds', ...[...totals.keys()].map((name) => (name === 'model' ? 'steps of the model' : `frames, ${name}`))].join(' | ')} |`,
);
for (; elapsed() < seconds; seed++) {
  for (const [name, fuzz] of Object.entries(FUZZES)) {
    withSeed(seed, (one) => void totals.set(name, (totals.get(name) ?? 0) + fuzz(one)));
  }
  if (elapsed() > reportAt) {
    reportAt += 60;
    print();
  }
}
print();
