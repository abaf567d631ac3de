import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '../logging/create-logger.js';
import { shutdownOnSignal } from './shutdown-on-signal.js';

/** Ends by resolving to its exit code. */
class EndingProcess extends EventEmitter {
  exit(code: number): void {
    this.emit('ended', code);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function run(stop: () => Promise<void>) {
  const process = new EndingProcess();
  const lines: string[] = [];
  const logger = createLogger({ name: 'spec', destination: { write: (line) => void lines.push(line) } });
  shutdownOnSignal({ stop, deadlineMs: 1_000, logger, process });
  return { process, lines, ended: once(process, 'ended') };
}
const never = () => new Promise<void>(() => {});

describe('shutdownOnSignal', () => {
  it.each(['SIGTERM', 'SIGINT', 'disconnect'])('ends with 0 on %s when everything is finished', async (signal) => {
    let finish = () => {};
    const { process, ended } = run(() => new Promise<void>((resolve) => (finish = resolve)));
    process.emit(signal, signal);
    finish();
    expect(await ended).toEqual([0]);
  });

  it('ends with 1 and says so when the deadline passes', async () => {
    const { process, lines, ended } = run(never);
    const exit = jest.spyOn(process, 'exit');
    process.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(999);
    expect(exit).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(await ended).toEqual([1]);
    expect(lines.join('')).toContain('not everything was finished in time');
  });

  it('ends with 1 when stopping fails', async () => {
    const { process, lines, ended } = run(() => Promise.reject(new Error('the socket is stuck')));
    process.emit('SIGTERM');
    expect(await ended).toEqual([1]);
    expect(lines.join('')).toContain('the socket is stuck');
  });

  it('takes a second signal within half a second for the same one, a later one as an order', async () => {
    const stop = jest.fn(never);
    const { process, ended, lines } = run(stop);
    process.emit('SIGINT');
    jest.advanceTimersByTime(499);
    process.emit('SIGTERM');
    expect(lines.join('')).not.toContain('ending at once');
    jest.advanceTimersByTime(1);
    process.emit('SIGINT');
    expect(await ended).toEqual([1]);
    expect(lines.join('')).toContain('ending at once');
    expect(stop).toHaveBeenCalledTimes(1);
  });

  it.each(['uncaughtException', 'unhandledRejection'])('logs %s and ends with 1', async (event) => {
    const { process, lines, ended } = run(never);
    process.emit(event, new Error('nobody saw this coming'));
    expect(await ended).toEqual([1]);
    expect(lines.join('')).toContain('nobody saw this coming');
  });
});
