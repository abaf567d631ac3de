import { describe, expect, it } from '@jest/globals';
import { compileAction } from './compile-action.js';
import { FilterError, RuleSyntaxError } from './errors.js';
import { type FilterValue, Timespan } from './filter-value.js';
import { noNewId, sampleMessage } from './testing/sample-message.js';

const message = sampleMessage({ Color: 'red', quantity: 5n, weight: 2.5 }, { subject: 'old', messageId: 'm-1' });

function run(expression: string, parameters: Readonly<Record<string, FilterValue>> = {}) {
  const { system, properties } = compileAction({ expression, parameters })(message, noNewId);
  return { system: Object.fromEntries(system), properties: Object.fromEntries(properties) };
}

describe('SQL actions', () => {
  it.each([
    ["SET sys.Label = 'new'", { subject: 'new' }, {}],
    ["SET user.origin = 'shop'", {}, { origin: 'shop' }],
    ["SET color = 'blue'", {}, { Color: 'blue' }],
    ['REMOVE color', {}, { Color: undefined }],
    ['REMOVE user.missing', {}, {}],
    ['REMOVE sys.Label', { subject: null }, {}],
    ['SET a = quantity * 2; SET b = a + 1', {}, { a: 10n, b: 11n }],
    ['SET a = 1 SET a = a + 1 REMOVE quantity;', {}, { a: 2n, quantity: undefined }],
    ["SET sys.Label = sys.Label + '!' SET l = sys.Label", { subject: 'old!' }, { l: 'old!' }],
    ['REMOVE color SET c = color', {}, { Color: undefined, c: null }],
    // The existing property is a double, so the whole number widens to one.
    ['SET weight = 3', {}, { weight: 3 }],
    ['SET [with space] = TRUE', {}, { 'with space': true }],
    ["SET sys.ScheduledEnqueueTimeUtc = 'ignored in a subscription'", {}, {}],
  ])('%s', (expression, system, properties) => {
    expect(run(expression)).toEqual({ system, properties });
    expect(Object.keys(run(expression).properties)).toEqual(Object.keys(properties));
  });

  it('takes parameters and new ids', () => {
    expect(run('SET sys.TimeToLive = @ttl', { ttl: new Timespan(5) }).system).toEqual({ timeToLive: new Timespan(5) });
    const { system } = compileAction({ expression: 'SET sys.MessageId = newid()' })(message, () => 'fresh');
    expect(system.get('messageId')).toBe('fresh');
  });

  it('leaves the message as it was', () => {
    run("SET color = 'blue' REMOVE quantity");
    expect([...message.properties.keys()]).toEqual(['Color', 'quantity', 'weight']);
    expect(message.properties.get('Color')).toBe('red');
  });

  it.each([
    ['SET a = sys.Nonsense', 'there is no system property "Nonsense"'],
    ['SET sys.Label = 5', 'the system property Label takes a string, not Int64'],
    ['SET sys.TimeToLive = 5', 'the system property TimeToLive takes a timespan, not Int64'],
    ['SET a = color - 1', 'the operator - does not apply to String and Int64'],
  ])('%s fails on the message', (expression, problem) => {
    expect(() => run(expression)).toThrow(FilterError);
    expect(() => run(expression)).toThrow(problem);
  });

  it.each([
    ['', 'the expression is empty'],
    [';', 'expected SET or REMOVE but found ";"'],
    ['UPDATE a = 1', 'Line 1, column 1: expected SET or REMOVE but found "UPDATE"'],
    ['SET a', 'Line 1, column 6: expected "=" but found the end'],
    ['SET a = 1,', 'Line 1, column 10: expected SET or REMOVE but found ","'],
    ['SET a = (1 = 1)', 'but found a condition'],
    ['SET sys.Nonsense = 1', 'Line 1, column 5: there is no system property "Nonsense"'],
    ['SET sys.SequenceNumber = 1', 'the system property "SequenceNumber" is set by the broker only'],
    ['REMOVE sys.EnqueuedTimeUtc', 'the system property "EnqueuedTimeUtc" is set by the broker only'],
    ['SET a = 1 '.repeat(33), 'Line 1, column 321: an action has at most 32 statements'],
    [`SET a = '${'x'.repeat(1024)}'`, 'longer than 1024 characters'],
  ])('%j is refused', (expression, problem) => {
    expect(() => compileAction({ expression })).toThrow(RuleSyntaxError);
    expect(() => compileAction({ expression })).toThrow(problem);
  });
});
