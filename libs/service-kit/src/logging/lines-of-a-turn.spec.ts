import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { createLogger } from './create-logger.js';
import { LinesOfATurn } from './lines-of-a-turn.js';

function capture() {
  const writes: string[][] = [];
  const write = (lines: string): void => {
    const messages = lines.trimEnd().split('\n');
    writes.push(messages.map((line) => (JSON.parse(line) as { readonly msg: string }).msg));
  };
  const logger = createLogger({ name: 'spec', destination: new LinesOfATurn({ write }) });
  return { writes, logger };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('writes the lines of a turn at its end, by one write', async () => {
  const { writes, logger } = capture();
  logger.info('one');
  await Promise.resolve();
  logger.child({ module: 'm' }).info('two');
  expect(writes).toEqual([]);
  await turn();
  logger.info('three');
  await turn();
  expect(writes).toEqual([['one', 'two'], ['three']]);
});

it('writes a warning or worse at once, behind what was logged before it', () => {
  const { writes, logger } = capture();
  logger.info('one');
  logger.warn('two');
  logger.error('three');
  expect(writes).toEqual([['one', 'two'], ['three']]);
});

it('writes before the turn ends what would become too long', () => {
  const lengths: number[] = [];
  const write = (lines: string): void => void lengths.push(lines.length);
  const logger = createLogger({ name: 'spec', destination: new LinesOfATurn({ write }) });
  for (let line = 0; line < 200; line += 1) logger.info('x'.repeat(1_000));
  expect(lengths).toHaveLength(3);
  expect(Math.max(...lengths)).toBeLessThan(67_000);
});

it.each([
  ['ends', '', ['one', 'two']],
  ['exits', 'process.exit(1)', ['one', 'two']],
  ['fails', 'throw new Error("broken")', ['one', 'two']],
  ['is killed after a warning', 'logger.warn("three"); process.kill(process.pid, "SIGKILL")', ['one', 'two', 'three']],
])('loses nothing of a process that %s in that turn', (_, end, expected) => {
  const file = fileURLToPath(new URL('./create-logger.ts', import.meta.url));
  const tools = fileURLToPath(new URL('../../../../tools/typescript.mjs', import.meta.url));
  const script = `
    const { createLogger } = await import(${JSON.stringify(file)});
    const logger = createLogger({ name: 'spec' });
    logger.info('one');
    logger.info('two');
    ${end};`;
  const flags = ['--conditions=@orderflow/source', '--experimental-transform-types', `--import=${tools}`];
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], { env });
  const messages = String(stdout).trimEnd().split('\n');
  expect(messages.map((line) => (JSON.parse(line) as { readonly msg: string }).msg)).toEqual(expected);
});
