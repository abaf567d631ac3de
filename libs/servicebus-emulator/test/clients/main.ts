/**
 * Tries the broker with every client there is, unmodified, prints client by ability, and runs the README's commands for
 * other languages. Fails when a client is missing,
 * when one cannot do what it could, and when docs/broker-compatibility.md says something else; --write writes it there.
 * Names of clients, or parts of them, run only these.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLIENTS } from './clients.js';
import { formatMatrix, type Matrix, problemsOf, withTable } from './matrix.js';
import { type Column, compiledFiles, runClient } from './run-client.js';
import { runReadme } from './readme.js';
import { startTestBroker } from './test-broker.js';

const PAGE = join(import.meta.dirname, '../../../../docs/broker-compatibility.md');

const wishes = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const write = process.argv.includes('--write');
const chosen = CLIENTS.filter(({ name }) => wishes.length === 0 || wishes.some((wish) => name.includes(wish)));

const matrix = await run();
const table = formatMatrix(matrix);
console.log(`\n${table}\n`);
const problems = [...problemsOf(matrix)];
if (chosen.length === CLIENTS.length) problems.push(...(await compareWithPage(table)), ...(await runReadme()));
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `All ${chosen.length} clients work.` : `${problems.length} problems.`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function run(): Promise<Matrix> {
  const { broker, environment, close } = await startTestBroker();
  const columns = new Map<string, Column>();
  try {
    for (const [number, client] of chosen.entries()) {
      const began = performance.now();
      columns.set(client.name, await runClient(client, broker, environment, `client-${number}`));
      console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${client.name}`);
    }
  } finally {
    await close();
    for (const file of compiledFiles()) await rm(file);
  }
  return columns;
}

async function compareWithPage(expected: string): Promise<readonly string[]> {
  const page = await readFile(PAGE, 'utf8');
  const wanted = withTable(page, expected);
  if (page === wanted) return [];
  if (!write) return ['docs/broker-compatibility.md shows another matrix: run it with --write.'];
  await writeFile(PAGE, wanted);
  return [];
}
