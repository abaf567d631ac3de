import { expect, it } from '@jest/globals';
import { type EffectParts, EffectStatements } from './effect-statements.js';

function start() {
  const made: EffectParts[] = [];
  const statements = new EffectStatements((effect) => {
    made.push(effect);
    return JSON.stringify(effect);
  });
  return { made, of: (effect: EffectParts) => statements.of(effect) };
}

it('makes a statement for each effect, number of parameters and choice of messages', () => {
  const effects: readonly EffectParts[] = [
    { text: 'one', parameters: 1 },
    { text: 'one', parameters: 2 },
    { text: 'one', parameters: 1, messageIds: 'SELECT 7' },
    { text: 'one', parameters: 1, messageIds: 'SELECT 8' },
    { text: 'two', parameters: 1 },
  ];
  const { of } = start();
  // Whether it is met for the first time, again, or after another one with the same text.
  for (const effect of [...effects, ...effects, ...effects.toReversed()]) {
    expect([of(effect), of(effect)]).toEqual([JSON.stringify(effect), JSON.stringify(effect)]);
  }
});

it('makes that of an effect which comes again once', () => {
  const { made, of } = start();
  for (let round = 0; round < 3; round += 1) {
    of({ text: 'one', parameters: 1 });
    of({ text: 'two', parameters: 1, messageIds: 'SELECT 7' });
  }
  expect(made.map(({ text }) => text)).toEqual(['one', 'two']);
});

it('goes on with more effects than it remembers', () => {
  const { made, of } = start();
  const texts = Array.from({ length: 1_000 }, (_, n) => `effect ${n}`);
  for (const text of [...texts, ...texts]) {
    expect(of({ text, parameters: 0 })).toBe(JSON.stringify({ text, parameters: 0 }));
  }
  expect(made).toHaveLength(1_900);
});
