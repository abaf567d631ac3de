/** All benchmarks of the broker, one after the other, each in a process of its own: `npm run bench:broker`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

const only = process.argv.slice(2);
for (const name of ['ratios', 'light', 'backlog', 'scale'].filter((one) => only.length === 0 || only.includes(one))) {
  const [code] = await once(fork(new URL(`${name}.ts`, import.meta.url)), 'exit');
  if (code !== 0) throw new Error(`The benchmark '${name}' ended with ${String(code)}.`);
}
