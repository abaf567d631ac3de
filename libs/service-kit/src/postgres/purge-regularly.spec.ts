import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createLogger } from '../logging/create-logger.js';
import { purgeRegularly } from './purge-regularly.js';

const lines: Record<string, unknown>[] = [];
const logger = createLogger({ name: 'spec', destination: { write: (line) => void lines.push(JSON.parse(line)) } });

beforeEach(() => {
  jest.useFakeTimers();
  lines.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

it('says how many rows went, and nothing of a round that found none', async () => {
  const found = [3, 0, 2];
  const remove = async () => found.shift() ?? 0;
  const stop = purgeRegularly({ what: 'old rows', everyMs: 1_000, remove }, logger);
  await jest.advanceTimersByTimeAsync(3_000);
  await stop();
  expect(lines).toMatchObject([
    { level: 'info', msg: 'removed old rows', rows: 3 },
    { level: 'info', msg: 'removed old rows', rows: 2 },
  ]);
});

it('warns of a round that failed, and makes up for it with the next', async () => {
  let rounds = 0;
  const remove = async () => {
    rounds += 1;
    if (rounds === 1) throw new Error('connection lost');
    return 5;
  };
  const stop = purgeRegularly({ what: 'old rows', everyMs: 1_000, remove }, logger);
  await jest.advanceTimersByTimeAsync(2_000);
  await stop();
  expect(lines).toMatchObject([
    { level: 'warn', msg: 'old rows could not be removed; trying again later', err: { message: 'connection lost' } },
    { level: 'info', rows: 5 },
  ]);
});
