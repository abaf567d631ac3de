import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PACKAGE = join(import.meta.dirname, '../..');
const COMMAND = 'npx servicebus-emulator ';
const HOST = '127.0.0.2';
const TIMEOUT_MS = 60_000;

/**
 * Runs the README's commands for other languages as they are there, at another loopback address and with Debian's Python.
 * @returns what went wrong, one line each
 */
export async function runReadme(): Promise<readonly string[]> {
  const readme = await readFile(join(PACKAGE, 'README.md'), 'utf8');
  const [, section = ''] = /## From other languages\n(.*?)\n## /s.exec(readme) ?? [];
  const blocks = (language: string) =>
    [...section.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\\n\`\`\``, 'gs'))].map(([, text = '']) => text);
  const [serve = '', run = ''] = blocks('sh');
  const [program] = blocks('python');
  if (!serve.startsWith(COMMAND) || !run.includes('hello.py') || program === undefined) {
    return ['README: the section "From other languages" lacks a command or the program.'];
  }
  const directory = await mkdtemp(join(tmpdir(), 'readme-'));
  const host = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  await writeFile(join(directory, 'hello.py'), program);
  const flags = serve.slice(COMMAND.length).replace(HOST, host).split(' ');
  // What lets Node.js run our TypeScript is named from the package.
  const node = process.execArgv.map((argument) => (argument.startsWith('..') ? join(PACKAGE, argument) : argument));
  const broker = spawn(process.execPath, [...node, join(PACKAGE, 'src/cli/main.ts'), ...flags], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(broker, 'exit');
  try {
    for await (const line of createInterface(broker.stdout)) if (line.includes('look inside')) break;
    broker.stdout.resume();
    const script = run.replace(HOST, host).replace('python3', '/usr/bin/python3');
    const options = { cwd: directory, encoding: 'utf8', timeout: TIMEOUT_MS } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], options);
    if (status === 0 && stdout.trim() === 'Hello from Python') return [];
    return [`README: its program ended with ${status}: ${stdout}${stderr.trim().split('\n').at(-1)}`];
  } finally {
    broker.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true });
  }
}
