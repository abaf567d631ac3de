import { gain, missed, report, type Row } from './report.js';

const row: Row = { what: 'a thing', unit: '/s', better: 'more', over: 'by hand', baseline: [10], ours: [20] };

describe('a row', () => {
  it('compares what was measured in one round, and not two medians', () => {
    // The second round was taken while the machine did something else.
    expect(gain({ ...row, baseline: [100, 10, 100], ours: [150, 30, 110] })).toBe(1.5);
  });

  it('says how many times less there is of what is better when it is less', () => {
    expect(gain({ ...row, better: 'less', baseline: [30], ours: [10] })).toBe(3);
  });
});

describe('a goal', () => {
  it.each([
    [1.9, false],
    [2, false],
    [2.1, true],
  ])('of %d is missed by a ratio of 2: %p', (goal, isMissed) => {
    expect(missed([{ ...row, goal }])).toHaveLength(isMissed ? 1 : 0);
  });

  it('is missed when nothing was measured', () => {
    expect(missed([{ ...row, baseline: [], ours: [], goal: 1 }])).toHaveLength(1);
  });

  it('is no row without one', () => {
    expect(missed([{ ...row, ours: [1] }])).toEqual([]);
  });

  it('of two alternatives is missed when both are', () => {
    const fast = { ...row, goal: 1.2, either: 'receive' };
    const cheap = { ...row, what: 'CPU', goal: 3, either: 'receive' };
    expect(missed([fast, cheap])).toEqual([]);
    expect(missed([{ ...fast, goal: 4 }, cheap])).toHaveLength(2);
  });

  it('fails the process where that is asked for', () => {
    const before = process.exitCode;
    const written: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = (text) => written.push(String(text)) > 0;
    try {
      report([{ ...row, goal: 3 }], false);
      expect(process.exitCode).toBe(before);
      report([{ ...row, goal: 3 }], true);
      expect(process.exitCode).toBe(1);
    } finally {
      process.stdout.write = write;
      process.exitCode = before;
    }
    expect(written.join('')).toContain('| a thing | by hand: 10 /s | 20 /s | 2.00 | ≥ 3 |');
    expect(written.join('')).toContain('Missed: a thing, against by hand.');
  });
});
