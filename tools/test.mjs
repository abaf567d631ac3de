// `npm test`: everything there is to check, then one line of totals. A skipped test fails the run when REQUIRE_ALL=1.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';

const totalsFiles = () =>
  globSync('{apps,libs}/*/test-totals*.json').concat(globSync('{infra,e2e,house,libs/*/pack}/test-totals.json'));
for (const file of totalsFiles()) rmSync(file);

/** @type {[command: string, args: string[]][]} */
const steps = [
  ['biome', ['format', '.']],
  // The type-aware lint reads a program once for all projects: a run for each of them takes more than twice the CPU.
  [
    'nx',
    [
      'run-many',
      ...['-t', 'lint-workspace', 'typecheck', 'test', 'build'],
      // Much of a suite is waiting for a process or a lock.
      '--parallel=4',
      '--output-style=static',
      ...process.argv.slice(2),
    ],
  ],
  ['nx', ['run', 'e2e:e2e', '--output-style=static']],
  ['nx', ['run', 'messaging:pack-test', '--output-style=static']],
];
const failedSteps = steps
  .filter(([command, args]) => !runs(command, args))
  .map(([command, args]) => `${command} ${args.slice(0, 3).join(' ')}`);

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of totalsFiles()) {
  for (const [name, count] of Object.entries(JSON.parse(readFileSync(file, 'utf8')))) sum[name] += count;
}

const skipIsFailure = process.env.REQUIRE_ALL === '1' && sum.skipped > 0;
for (const step of failedSteps) console.error(`Failed: ${step}`);
if (sum.passed === 0) console.error('Failed: no test ran.');
if (skipIsFailure) console.error('Failed: REQUIRE_ALL=1 and tests were skipped; each says above what it needs.');
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = failedSteps.length > 0 || sum.failed > 0 || sum.passed === 0 || skipIsFailure ? 1 : 0;

function runs(command, args) {
  console.log(`\n> ${command} ${args.join(' ')}`);
  const { status } = spawnSync('npx', ['--no-install', command, ...args], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return status === 0;
}
