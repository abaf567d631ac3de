import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { repeatEvery } from './repeat-every.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const fail = (error: unknown): never => {
  throw error;
};

it('runs after each interval, until it is stopped', async () => {
  let runs = 0;
  const work = async () => {
    runs += 1;
  };
  const stop = repeatEvery({ everyMs: 1_000, work, onError: fail });
  await jest.advanceTimersByTimeAsync(999);
  expect(runs).toBe(0);
  await jest.advanceTimersByTimeAsync(2_001);
  expect(runs).toBe(3);
  await stop();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(runs).toBe(3);
});

it('goes on after a run that failed', async () => {
  const errors: unknown[] = [];
  const work = () => Promise.reject(new Error(`run ${errors.length}`));
  const stop = repeatEvery({ everyMs: 1_000, work, onError: (error) => errors.push(error) });
  await jest.advanceTimersByTimeAsync(2_000);
  await stop();
  expect(errors).toEqual([new Error('run 0'), new Error('run 1')]);
});

it('never runs twice at a time, and stops when the run under way is over', async () => {
  let runs = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = () => {
    runs += 1;
    return promise;
  };
  const stop = repeatEvery({ everyMs: 1_000, work, onError: fail });
  await jest.advanceTimersByTimeAsync(3_000);
  expect(runs).toBe(1);
  let stopped = false;
  const stopping = stop().then(() => {
    stopped = true;
  });
  await jest.advanceTimersByTimeAsync(1_000);
  expect(stopped).toBe(false);
  resolve();
  await stopping;
  expect(runs).toBe(1);
});
