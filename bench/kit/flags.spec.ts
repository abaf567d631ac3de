import { readFlags } from './flags.js';

describe('flags', () => {
  it('have five rounds of everything by default', () => {
    const { rounds, check, size } = readFlags({}, []);
    expect([rounds, check, size(1_000)]).toEqual([5, false, 1_000]);
  });

  it('have two rounds of a tenth when it is to be quick', () => {
    const { rounds, size } = readFlags({}, ['--quick']);
    expect([rounds, size(1_000)]).toEqual([2, 100]);
  });

  it('of a benchmark are read as texts and counts', () => {
    const own = { texts: ['before'], counts: ['orders'] } as const;
    const flags = readFlags<'before' | 'orders'>(own, [
      '--before',
      'HEAD~1',
      '--orders',
      '20',
      '--rounds=3',
      '--check',
    ]);
    expect([flags.text('before'), flags.count('orders'), flags.rounds, flags.check]).toEqual(['HEAD~1', 20, 3, true]);
  });

  it('that make no sense are all named', () => {
    const wrong = ['--rounds', '0', '--orders', 'many'];
    expect(() => readFlags({ counts: ['orders'] }, wrong)).toThrow(/--rounds .* '0'; --orders .* 'many'/);
  });

  it('that do not exist are refused', () => {
    expect(() => readFlags({}, ['--round', '3'])).toThrow(/--round/);
  });
});
