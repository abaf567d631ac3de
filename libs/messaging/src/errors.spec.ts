import { expect, it } from '@jest/globals';
import { explain } from './errors.js';

it.each([
  ['the message', new Error('boom'), 'boom'],
  ['the messages of the causes', new Error('a', { cause: new Error('b', { cause: 'c' }) }), 'a: b: c'],
  ['the name where there is no message', new TypeError(''), 'TypeError'],
  ['what is no error as text', 42, '42'],
  ['nothing of nothing', undefined, ''],
])('explains an error with %s', (_, error, explained) => {
  expect(explain(error)).toBe(explained);
});

it('ends with the fifth cause, so that a circle has an end', () => {
  const circular = new Error('again');
  circular.cause = circular;
  expect(explain(circular)).toBe('again: again: again: again: again');
});
