import { beforeEach, describe, expect, it } from '@jest/globals';
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

function start(options: Pick<ReadyTogetherOptions<string>, 'keyOf' | 'mostInFlight'> = {}): ReadyTogether<string> {
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

describe('where two groups may be in flight', () => {
  const left = () => log.filter((line) => line.endsWith('leaves')).map((line) => line.split(' ')[0]);

  beforeEach(() => {
    ready = start({ mostInFlight: 2, keyOf: (item) => item[0] });
  });

  it('the second one leaves once it is as large as the first', async () => {
    await add('a', 'b');
    await add('c');
    expect(left()).toEqual(['a,b']);
    await add('d');
    expect(left()).toEqual(['a,b', 'c,d']);
    await add('e', 'f', 'g');
    expect(left()).toHaveLength(2);
    await end();
    expect(left()).toEqual(['a,b', 'c,d', 'e,f,g']);
  });

  it('what is too few for that leaves once none is in flight', async () => {
    await add('a');
    await add('b');
    await add('c');
    await end();
    expect(left()).toEqual(['a', 'b', 'c']);
    await add('d', 'e', 'f');
    await end();
    expect(left()).toEqual(['a', 'b', 'c', 'd,e,f']);
    await add('g');
    await end();
    expect(left()).toHaveLength(4);
    await end();
    expect(left()).toEqual(['a', 'b', 'c', 'd,e,f', 'g']);
  });

  it('a key is in one of them only, and keeps its order', async () => {
    await add('a1');
    await add('a2', 'a3', 'b');
    expect(left()).toEqual(['a1', 'b']);
    ends.splice(1)[0]?.();
    await nextTurn();
    expect(left()).toHaveLength(2);
    await end();
    expect(left()).toEqual(['a1', 'b', 'a2']);
    await end();
    expect(left()).toEqual(['a1', 'b', 'a2', 'a3']);
  });
});
