import { describe, expect, it } from '@jest/globals';
import { createCatalogue } from '@orderflow/contracts';
import { createMessageReader, type Envelope, PermanentError } from '@orderflow/messaging';
import fc from 'fast-check';

const contracts = createCatalogue({ defaultCurrency: 'EUR' });
const read = createMessageReader(contracts);

const envelope = (type: string, body: string, attributes: Partial<Envelope> = {}): Envelope => ({
  id: 'm1',
  type,
  version: 0,
  source: '/spec',
  time: '2026-01-31T12:00:00.000Z',
  contentType: 'application/json',
  headers: {},
  body: Buffer.from(body),
  ...attributes,
});

/** What became of it: the payload, once its current contract has agreed to it, or the code it is refused with for good. */
function outcomeOf(sent: Envelope): unknown {
  try {
    const { type, version, payload } = read(sent);
    const current = contracts.find((contract) => contract.type === type && contract.version === version);
    expect(current?.upcast).toBeUndefined();
    expect(current?.parse(payload)).toEqual(payload);
    return payload;
  } catch (error) {
    if (error instanceof PermanentError) return error.code;
    throw error;
  }
}

const odd = fc.oneof(
  fc.constantFrom(
    '',
    'a\0',
    '\ud800',
    'x'.repeat(129),
    'x'.repeat(100),
    '0000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
  ),
  fc.constantFrom<unknown>(-1, 0, 5e-324, 0.005, 1e13, 1e15, 2 ** 53, 1e21, 1e300, null, true, [], {}),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc
    .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z') })
    .map((date) => date.toJSON()),
  fc.jsonValue(),
);
const id = fc.oneof(fc.uuid(), fc.constantFrom('order-1', 'user.signup', 'purchase'), odd);
const time = fc.oneof(fc.constantFrom('2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00Z'), odd);
const amount = fc.oneof(
  fc.double({ min: 0, noNaN: true }),
  fc.nat().map((cents) => cents / 100),
  odd,
);

/** Bodies of version 0, near enough to its contracts that many get as far as the conversion. */
const body = fc.oneof(
  { weight: 4, arbitrary: fc.record({ order_id: id, ts: time, amount }, { requiredKeys: ['order_id', 'ts'] }) },
  { weight: 4, arbitrary: fc.record({ event_id: id, type: id, ts: time }, { requiredKeys: ['event_id', 'ts'] }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const type = fc.constantFrom(...contracts.filter(({ version }) => version === 0).map((contract) => contract.type));

describe('a body of version 0', () => {
  it('reads as a payload that its current contract agrees to, or is refused for good', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(type, body, (named, value) => {
        const outcome = outcomeOf(envelope(named, JSON.stringify(value)));
        seen.add(typeof outcome === 'string' ? outcome : named);
      }),
      { numRuns: 5_000, seed: 20_260_131 },
    );
    // Both happened, of every contract: the bodies above are neither all right nor all wrong.
    expect([...seen].sort()).toEqual(['InvalidPayload', 'order', 'purchase', 'user.signup']);
  });

  it.each([
    ['an amount that overflows exact minor units', '{"order_id":"o-1","ts":"2026-01-31T12:00:00Z","amount":1e15}'],
    ['an amount beyond BIGINT', '{"order_id":"o-1","ts":"2026-01-31T12:00:00Z","amount":1e21}'],
    ['an enormous amount', '{"order_id":"o-1","ts":"2026-01-31T12:00:00Z","amount":1e300}'],
    ['an infinite amount', '{"order_id":"o-1","ts":"2026-01-31T12:00:00Z","amount":1e999}'],
    ['the year 0000', '{"order_id":"o-1","ts":"0000-01-01T00:00:00Z","amount":1}'],
    ['an id too long', `{"order_id":"${'o'.repeat(101)}","ts":"2026-01-31T12:00:00Z","amount":1}`],
    ['a NUL in its id', '{"order_id":"o\\u0000","ts":"2026-01-31T12:00:00Z","amount":1}'],
    ['very deep lists', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('is refused at once with %s', (_, written) => {
    expect(outcomeOf(envelope('order', written))).toBe('InvalidPayload');
  });

  it('is refused at once with any attribute that cannot be stored', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\0', '\ud800', 'x'.repeat(2_000)));
    const attributes = fc.record(
      {
        id: text,
        correlationId: text,
        orderingKey: text,
        source: text,
        time: text,
        headers: fc.dictionary(text, text),
      },
      { requiredKeys: [] },
    );
    const order = '{"order_id":"o-1","ts":"2026-01-31T12:00:00Z","amount":1}';
    fc.assert(
      fc.property(attributes, (odd) => {
        const outcome = outcomeOf(envelope('order', order, odd));
        // The id is the body's: what the envelope has for one is never stored.
        const { id: _, ...stored } = odd;
        if (typeof outcome === 'string') expect(outcome).toBe('InvalidPayload');
        else expect(JSON.stringify(stored)).not.toMatch(/\\u0000|\\ud8|\\udc/);
      }),
      { numRuns: 2_000, seed: 20_260_131 },
    );
  });
});
