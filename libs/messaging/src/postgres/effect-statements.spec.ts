import { expect, it } from '@jest/globals';
import { EffectStatements } from './effect-statements.js';
import { outboxInsert } from './outbox-rows.js';

const effect = { text: 'effect AS (SELECT $1)', values: ['a'] };
const chosen = { ...effect, messageIds: 'SELECT id FROM effect' };

it('numbers the parameters of the messages behind those of the effect, and writes those that it names', () => {
  const statements = new EffectStatements();
  const texts = [
    [effect, `WITH effect AS (SELECT $1) ${outboxInsert(2)}`],
    [{ ...effect, values: ['a', 'b'] }, `WITH effect AS (SELECT $1) ${outboxInsert(3)}`],
    [chosen, `WITH effect AS (SELECT $1) ${outboxInsert(2, chosen.messageIds)}`],
    [{ ...chosen, messageIds: 'SELECT 7' }, `WITH effect AS (SELECT $1) ${outboxInsert(2, 'SELECT 7')}`],
  ] as const;
  // Whether it is met for the first time, again, or after another one with the same text.
  for (const [one, text] of [...texts, ...texts, ...texts.toReversed()]) {
    expect([statements.textOf(one), statements.textOf(one)]).toEqual([text, text]);
  }
});

it('goes on with more effects than it remembers', () => {
  const statements = new EffectStatements();
  for (let value = 0; value < 1_000; value += 1) {
    const text = `effect AS (SELECT ${value})`;
    expect(statements.textOf({ text, values: [] })).toBe(`WITH ${text} ${outboxInsert(1)}`);
  }
});
