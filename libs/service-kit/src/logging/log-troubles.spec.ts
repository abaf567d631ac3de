import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createLogger } from './create-logger.js';
import { logTroubles, type TroubleLog } from './log-troubles.js';

let lines: Record<string, unknown>[];
let troubles: TroubleLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const write = (chunk: unknown, _: unknown, done: () => void): void => {
    lines.push(JSON.parse(String(chunk)));
    done();
  };
  const logger = createLogger({ name: 'spec', destination: new Writable({ write }) });
  troubles = logTroubles(logger, 'the broker is in trouble', { queue: 'q' });
});
afterEach(() => {
  troubles.stop();
  jest.useRealTimers();
});

const failure = (code: string, message = code) => Object.assign(new Error(message), { code });
const logged = () => lines.splice(0).map(({ level, code, again, times }) => [level, code, again, times]);

it('says once that something is away for four minutes, how often that was tried, and that it is back', () => {
  for (let second = 0; second < 240; second += 1) {
    for (let try_ = 0; try_ < 6; try_ += 1) troubles.report(failure('Unreachable'));
    jest.advanceTimersByTime(1_000);
  }
  expect(lines[0]).toMatchObject({
    ...{ level: 'warn', msg: 'the broker is in trouble', queue: 'q', code: 'Unreachable' },
    err: { message: 'Unreachable' },
  });
  expect(logged()).toEqual([
    ['warn', 'Unreachable', undefined, undefined],
    ['warn', 'Unreachable', 359, 360],
    ['warn', 'Unreachable', 360, 720],
    ['warn', 'Unreachable', 360, 1_080],
    ['warn', 'Unreachable', 360, 1_440],
  ]);
  jest.advanceTimersByTime(60_000);
  expect(lines).toMatchObject([
    { level: 'info', msg: 'the broker is in trouble: not for a minute now', times: 1_440, lastedSeconds: 239 },
  ]);
  logged();
  jest.advanceTimersByTime(600_000);
  expect(lines).toEqual([]);
  troubles.report(failure('Unreachable'));
  expect(logged()).toEqual([['warn', 'Unreachable', undefined, undefined]]);
});

it('says of each code that it is new, with the latest text of those that come again', () => {
  troubles.report(failure('Busy', 'one'));
  jest.advanceTimersByTime(59_000);
  troubles.report(failure('Unauthorized'));
  troubles.report(failure('Busy', 'two'));
  troubles.report(new TypeError('no code'));
  jest.advanceTimersByTime(1_000);
  expect(lines.at(-1)).toMatchObject({ code: 'Busy', again: 1, err: { message: 'two' } });
  expect(logged()).toEqual([
    ['warn', 'Busy', undefined, undefined],
    ['warn', 'Unauthorized', undefined, undefined],
    ['warn', 'TypeError', undefined, undefined],
    ['warn', 'Busy', 1, 2],
  ]);
});

it('says at its end what it has kept', () => {
  troubles.report(failure('Busy'));
  troubles.report(failure('Busy'));
  troubles.stop();
  expect(logged()).toEqual([
    ['warn', 'Busy', undefined, undefined],
    ['warn', 'Busy', 1, 2],
  ]);
  jest.advanceTimersByTime(600_000);
  expect(lines).toEqual([]);
});
