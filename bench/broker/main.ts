/**
 * All benchmarks of the broker, one after the other, each in a process of its own: `npm run bench:broker`. With
 * `compare REF` this broker beside that of another commit.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

const only = process.argv.slice(2);

async function run(name: string, ...args: string[]): Promise<void> {
  const [code] = await once(fork(new URL(`${name}.ts`, import.meta.url), args), 'exit');
  if (code !== 0) throw new Error(`The benchmark '${name}' ended with ${String(code)}.`);
}

if (only[0] === 'compare') await run('compare', ...only.slice(1));
else {
  const all = ['ratios', 'light', 'backlog', 'scale'];
  for (const name of all.filter((one) => only.length === 0 || only.includes(one))) await run(name);
}
