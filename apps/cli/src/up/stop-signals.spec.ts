import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { onStopSignals } from './stop-signals.js';

let now: number;
let stopListening: () => void;
const stop = jest.fn();
const kill = jest.fn();

beforeEach(() => {
  now = 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  stop.mockReset();
  kill.mockReset();
  stopListening = onStopSignals(stop, kill);
});

afterEach(() => {
  stopListening();
  jest.restoreAllMocks();
});

describe('onStopSignals', () => {
  it('takes the two signals of one Ctrl-C under npm for one', () => {
    process.emit('SIGINT');
    now += 500;
    process.emit('SIGINT');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(kill).not.toHaveBeenCalled();
  });

  it('ends at once on a second, deliberate one', () => {
    process.emit('SIGTERM');
    now += 501;
    process.emit('SIGINT');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(kill).toHaveBeenCalledTimes(1);
  });
});
