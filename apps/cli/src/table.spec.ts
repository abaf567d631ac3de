import { expect, it } from '@jest/globals';
import { table } from './table.js';

it('lines up columns as wide as their longest cell, without spaces at the end', () => {
  expect(
    table(
      ['what', 'where'],
      [
        ['api', ''],
        ['a long name', 'here'],
      ],
    ),
  ).toBe(['what         where', '───────────  ─────', 'api', 'a long name  here'].join('\n'));
});
