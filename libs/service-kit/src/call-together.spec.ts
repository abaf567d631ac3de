import { beforeEach, describe, expect, it } from '@jest/globals';
import { callTogether, type CallTogetherOptions } from './call-together.js';

let calls: string[][];
let fails: (items: readonly string[]) => Promise<void> | void;

beforeEach(() => {
  calls = [];
  fails = () => undefined;
});

const start = (options: Pick<CallTogetherOptions<string, string>, 'comeAgain'> = {}) =>
  callTogether<string, string>({
    async all(items) {
      calls.push([...items]);
      await fails(items);
      return items.map((item) => `${item}!`);
    },
    keyOf: (item) => item[0],
    isAway: (error) => (error as Error).message === 'away',
    ...options,
  });

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('calls at the same time', () => {
  it('are answered together, each with its own answer', async () => {
    const call = start();
    expect(await Promise.all([call('a'), call('b'), call('c')])).toEqual(['a!', 'b!', 'c!']);
    expect(calls).toEqual([['a', 'b', 'c']]);
  });

  it('are answered one after the other where their keys are the same', async () => {
    const call = start();
    expect(await Promise.all([call('a1'), call('a2'), call('b')])).toEqual(['a1!', 'a2!', 'b!']);
    expect(calls).toEqual([['a1', 'b'], ['a2']]);
  });

  it('wait for the one in flight, and are the next together', async () => {
    const call = start();
    const gate = Promise.withResolvers<void>();
    fails = () => gate.promise;
    const first = call('a');
    await nextTurn();
    const others = [call('b'), call('c')];
    await nextTurn();
    expect(calls).toEqual([['a']]);
    gate.resolve();
    expect(await Promise.all([first, ...others])).toEqual(['a!', 'b!', 'c!']);
    expect(calls).toEqual([['a'], ['b', 'c']]);
  });

  it('wait for callers who were answered just now, where they come again', async () => {
    const call = start({ comeAgain: true });
    await Promise.all([call('a'), call('b')]);
    const first = call('c');
    await nextTurn();
    expect(calls).toEqual([['a', 'b']]);
    await Promise.all([first, call('d')]);
    expect(calls).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('fail alone', async () => {
    const call = start();
    fails = (items) => {
      if (items.includes('bad')) throw new Error('bad');
    };
    const outcomes = await Promise.allSettled([call('a'), call('bad'), call('c')]);
    expect(outcomes).toMatchObject([{ value: 'a!' }, { reason: new Error('bad') }, { value: 'c!' }]);
    expect(calls).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  });

  it('fail together when something is away', async () => {
    const call = start();
    fails = () => {
      throw new Error('away');
    };
    const outcomes = await Promise.allSettled([call('a'), call('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toEqual([['a', 'b']]);
  });
});
