import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Progress } from './progress.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function output(terminal: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const stream = { ...terminal, write: (text: string) => written.push(text) };
  return { written, stream: stream as unknown as NodeJS.WriteStream };
}

const redraw = '\r\u001b[K';

it('is one line on a terminal, which changes and is gone in the end', () => {
  const { written, stream } = output({ isTTY: true, columns: 120 });
  const progress = new Progress(400, stream);
  progress.show(100);
  progress.show(200);
  jest.advanceTimersByTime(100);
  progress.show(300);
  jest.advanceTimersByTime(100);
  progress.end();
  jest.advanceTimersByTime(1_000);
  expect(written).toEqual([
    `${redraw}${'█'.repeat(15)}${'░'.repeat(15)} 200/400, 2000 a second`,
    `${redraw}${'█'.repeat(23)}${'░'.repeat(7)} 300/400, 1500 a second`,
    redraw,
  ]);
});

it.each([10, 40, 80])('never takes more than one line of %i columns', (columns) => {
  const { written, stream } = output({ isTTY: true, columns });
  const progress = new Progress(10_000_000, stream);
  progress.show(9_999_999);
  jest.advanceTimersByTime(100);
  progress.end();
  expect(written[0]?.slice(redraw.length).length).toBeLessThan(columns);
});

it('is a line every five seconds elsewhere, also while nothing moves, and none for what is over before', () => {
  const { written, stream } = output({ isTTY: false });
  const progress = new Progress(1_000, stream);
  progress.show(50);
  jest.advanceTimersByTime(4_999);
  expect(written).toEqual([]);
  progress.show(100);
  jest.advanceTimersByTime(5_001);
  progress.end();
  jest.advanceTimersByTime(60_000);
  expect(written).toEqual(['100 of 1000 sent (10 %), 20 a second\n', '100 of 1000 sent (10 %), 10 a second\n']);
});
