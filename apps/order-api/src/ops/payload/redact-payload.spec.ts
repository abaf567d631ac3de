import { expect, it } from '@jest/globals';
import { createCatalogue } from '@orderflow/contracts';
import { createRedaction, wholeBody } from './redact-payload.js';

const redact = createRedaction(createCatalogue({ defaultCurrency: 'EUR' }));
const envelope = (body: unknown, type = 'order.place', version = 1) => ({
  type,
  version,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

it('hides what the contract of a body calls sensitive, and nothing else', () => {
  expect(redact(envelope({ orderId: 'o', customerId: 'ada', total: 1 }))).toEqual({
    body: { orderId: 'o', customerId: '[redacted]', total: 1 },
    redacted: true,
  });
  expect(redact(envelope({ order: { customerId: 'ada' } }, 'order.accepted')).body).toEqual({
    order: { customerId: '[redacted]' },
  });
  expect(redact(envelope({ orderId: 'o' }))).toEqual({ body: { orderId: 'o' }, redacted: false });
});

it('hides fields of every entry of a list', () => {
  const lists = createRedaction([
    { type: 't', version: 1, kind: 'event', parse: (it) => it, sensitive: ['people.*.name'] },
  ]);
  expect(lists(envelope({ people: [{ name: 'Ada', age: 1 }, { age: 2 }, null] }, 't'))).toEqual({
    body: { people: [{ name: '[redacted]', age: 1 }, { age: 2 }, null] },
    redacted: true,
  });
});

it('shows of a body that nobody here knows its shape only', () => {
  const body = { email: 'ada@example.com', age: 7, list: [1, 'ab', null, true, 5], deep: { x: 'y' } };
  for (const unknown of [envelope(body, 'unheard.of'), envelope(body, 'order.place', 9)]) {
    expect(redact(unknown)).toEqual({
      body: {
        email: '[15 characters]',
        age: '[number]',
        list: ['[number]', '[2 characters]', '[null]', '… 5'],
        deep: { x: '[1 characters]' },
      },
      redacted: true,
    });
  }
});

it('shows of a body that is no JSON its size only', () => {
  expect(redact(envelope('{"customerId":"ada'))).toEqual({ body: '[18 bytes that are not JSON]', redacted: true });
  expect(redact({ ...envelope(''), body: Uint8Array.of(0x22, 0xff, 0x22) }).body).toBe('[3 bytes that are not JSON]');
});

it('shows all of it to those who may see it', () => {
  expect(wholeBody(envelope({ customerId: 'ada' }))).toEqual({ body: { customerId: 'ada' }, redacted: false });
  expect(wholeBody(envelope('plain')).body).toBe('plain');
});
