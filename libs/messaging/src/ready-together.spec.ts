import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReadyTogether } from './ready-together.js';

let log: string[];
/** Ends the groups in flight, the oldest first. */
let ends: (() => void)[];
let ready: ReadyTogether<string>;

beforeEach(() => {
  log = [];
  ends = [];
  ready = new ReadyTogether<string>({
    async together(items) {
      const group = items.join();
      log.push(`${group} leaves`);
      await new Promise<void>((resolve) => ends.push(resolve));
      log.push(`${group} ends`);
      return () => log.push(`${group} is told`);
    },
  });
});

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
