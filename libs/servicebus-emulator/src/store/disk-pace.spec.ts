import { beforeEach, describe, expect, it } from '@jest/globals';
import { DiskPace } from './disk-pace.js';

const FAST = 0.5;
const SLOW = 20;

let pace: DiskPace;

beforeEach(() => {
  pace = new DiskPace();
});

/** How many writes are left to another thread before the next one is waited for. */
function detours(): number {
  let count = 0;
  while (!pace.isWorthWaiting) count++;
  return count;
}

/** Each write that is waited for takes so long. @returns how many others come after each */
function after(...times: readonly number[]): number[] {
  return times.map((ms) => {
    pace.took(ms);
    return detours();
  });
}

describe('the pace of a disk', () => {
  it('is tried with the first write', () => {
    expect(pace.isWorthWaiting).toBe(true);
  });

  it('is worth waiting for as long as it is fast', () => {
    expect(after(FAST, FAST, FAST)).toEqual([0, 0, 0]);
  });

  it('is tried again after a slow write, each time later, and after 1,024 at most', () => {
    expect(after(SLOW, SLOW, SLOW)).toEqual([8, 16, 32]);
    expect(after(...Array.from({ length: 10 }, () => SLOW)).at(-1)).toBe(1024);
  });

  it('is soon tried again when it has been fast meanwhile', () => {
    expect(after(SLOW, SLOW, FAST, SLOW)).toEqual([8, 16, 0, 8]);
  });
});
