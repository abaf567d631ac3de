import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReadyTogether, type ReadyTogetherOptions } from './ready-together.js';

let log: string[];
/** Ends the groups in flight, the oldest first. */
let ends: (() => void)[];
let ready: ReadyTogether<string>;

beforeEach(() => {
  log = [];
  ends = [];
  ready = start();
});

function start(options: Pick<ReadyTogetherOptions<string>, 'keyOf' | 'comeAgain'> = {}): ReadyTogether<string> {
  return new ReadyTogether<string>({
    async together(items) {
      const group = items.join();
      log.push(`${group} leaves`);
      await new Promise<void>((resolve) => ends.push(resolve));
      log.push(`${group} ends`);
      return () => log.push(`${group} is told`);
    },
    ...options,
  });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function add(...items: readonly string[]): Promise<void> {
  for (const item of items) ready.add(item);
  await nextTurn();
}

async function end(): Promise<void> {
  ends.shift()?.();
  await nextTurn();
  await nextTurn();
}

describe('the end of a group', () => {
  it('is told after the next group has left, and what that one leads to in its own turn', async () => {
    await add('a');
    await add('b', 'c');
    expect(log).toEqual(['a leaves']);
    log = [];
    ends.shift()?.();
    // Everything that follows at once.
    await new Promise((resolve) => process.nextTick(resolve));
    expect(log).toEqual(['a ends', 'b,c leaves']);
    await nextTurn();
    expect(log).toEqual(['a ends', 'b,c leaves', 'a is told']);
    await end();
    expect(log.slice(3)).toEqual(['b,c ends', 'b,c is told']);
  });

  it('is told at once when nothing waits', async () => {
    await add('a', 'b');
    ends.shift()?.();
    await new Promise((resolve) => process.nextTick(resolve));
    expect(log).toEqual(['a,b leaves', 'a,b ends', 'a,b is told']);
  });

  it('of a slow group, which others have passed, is told when it comes', async () => {
    await add('slow');
    ready.add('b');
    // 250 ms later the others wait for it no longer.
    while (ends.length < 2) await nextTurn();
    ready.add('c');
    const [slow, b] = ends.splice(0);
    slow?.();
    await nextTurn();
    expect(log).toEqual(['slow leaves', 'b leaves', 'slow ends', 'slow is told']);
    b?.();
    await nextTurn();
    await nextTurn();
    await end();
    expect(log.slice(4)).toEqual(['b ends', 'c leaves', 'b is told', 'c ends', 'c is told']);
  });
});

it('a key is in a group once, and keeps its order', async () => {
  ready = start({ keyOf: (item) => item[0] });
  await add('a1', 'a2', 'b', 'a3');
  await end();
  await end();
  expect(log.filter((line) => line.endsWith('leaves'))).toEqual(['a1,b leaves', 'a2 leaves', 'a3 leaves']);
});

describe('where who was told comes again', () => {
  const left = () => log.filter((line) => line.endsWith('leaves')).map((line) => line.split(' ')[0]);

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    ready = start({ comeAgain: true });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('the next group waits until as many are there as were told and had to wait', async () => {
    await add('a');
    await add('b', 'c');
    await end();
    expect(left()).toEqual(['a']);
    await add('d');
    expect(left()).toEqual(['a', 'b,c,d']);
    await end();
    await add('e');
    await add('f');
    expect(left()).toHaveLength(2);
    await add('g');
    expect(left()).toEqual(['a', 'b,c,d', 'e,f,g']);
  });

  it('nobody waits for itself', async () => {
    for (const item of ['a', 'b', 'c']) {
      await add(item);
      await end();
    }
    expect(left()).toEqual(['a', 'b', 'c']);
  });

  it('more than four are not waited for', async () => {
    await add('a', 'b', 'c', 'd');
    await add('e');
    await end();
    expect(left()).toEqual(['a,b,c,d', 'e']);
    await end();
    expect(log.at(-1)).toBe('e is told');
  });

  /** Two are told, and one comes. Answers whether it waits for the other, which does not come. */
  async function waitsInVain(): Promise<boolean> {
    await add('a', 'b');
    await end();
    log = [];
    await add('c');
    const waits = left().length === 0;
    if (waits) {
      await jest.advanceTimersByTimeAsync(1);
      expect(left()).toEqual([]);
      await jest.advanceTimersByTimeAsync(1);
      await nextTurn();
    }
    expect(left()).toEqual(['c']);
    await end();
    return waits;
  }

  async function roundsThatWait(rounds: number): Promise<readonly number[]> {
    const waiting: number[] = [];
    for (let round = 0; round < rounds; round += 1) if (await waitsInVain()) waiting.push(round);
    return waiting;
  }

  it('who does not come is waited for 2 ms, and the less often the more it was in vain', async () => {
    expect(await roundsThatWait(200)).toEqual([0, 2, 5, 10, 19, 36, 69, 134, 199]);
  });

  it('who comes after all is waited for as at first', async () => {
    expect(await roundsThatWait(10)).toEqual([0, 2, 5]);
    await add('a', 'b');
    await end();
    log = [];
    await add('c');
    expect(left()).toEqual([]);
    await add('d');
    expect(left()).toEqual(['c,d']);
    await end();
    expect(await roundsThatWait(10)).toEqual([0, 2, 5]);
  });

  it('a slow group, which others have passed, is waited for by nobody', async () => {
    await add('a', 'b');
    ready.add('c');
    await jest.advanceTimersByTimeAsync(250);
    const [slow, c] = ends.splice(0);
    c?.();
    await nextTurn();
    slow?.();
    await nextTurn();
    await add('d');
    expect(left()).toEqual(['a,b', 'c', 'd']);
  });
});
