import { beforeEach, describe, expect, it } from '@jest/globals';
import { Bursts } from './bursts.js';

/** More passes of the event loop than anybody waits. */
const MANY = 50;

let bursts: Bursts;

beforeEach(() => {
  bursts = new Bursts();
});

/** @param additions bytes that each pass adds, in their order. @returns after how many passes it was over */
async function passesUntilOver(additions: readonly number[] = [], wasAtRest = true): Promise<number> {
  const gathered = { length: 100 };
  let isOver = false;
  const end = bursts.end(gathered, wasAtRest).then(() => (isOver = true));
  let passes = 0;
  for (; !isOver && passes < MANY; passes++) {
    gathered.length += additions[passes] ?? 0;
    await new Promise(setImmediate);
  }
  await end;
  return passes;
}

describe('the end of a burst', () => {
  it('comes sooner each time that nothing followed, at last in the pass that began it', async () => {
    const passes: number[] = [];
    for (let burst = 0; burst < 5; burst++) passes.push(await passesUntilOver());
    expect(passes).toEqual([8, 4, 2, 1, 1]);
  });

  it('is waited for in full again, once something followed', async () => {
    for (let burst = 0; burst < 2; burst++) await passesUntilOver();
    expect(await passesUntilOver([0, 10])).toBe(2 + 2);
    expect(await passesUntilOver([0, 0, 0, 0, 0, 10])).toBe(6 + 8);
  });

  it('is waited for in full where something was being written meanwhile', async () => {
    for (let burst = 0; burst < 4; burst++) await passesUntilOver();
    expect([await passesUntilOver([], false), await passesUntilOver()]).toEqual([8, 8]);
  });

  it('comes at 16 KB, however much follows', async () => {
    expect(await passesUntilOver([0, 16 * 1024, 10, 10])).toBe(2);
  });
});
