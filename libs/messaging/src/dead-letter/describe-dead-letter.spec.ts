import { expect, it } from '@jest/globals';
import { outgoing } from '../testing/outgoing.js';
import { type DeliveryState, firstDelivery } from '../delivery-state.js';
import { toNative } from '../native-message.js';
import { describeDeadLetter } from './describe-dead-letter.js';
import { pageLimit } from './page-limit.js';

const facts = {
  stableId: 'sequence:7@work',
  enqueuedAt: new Date('2026-01-02T03:04:05Z'),
  place: '7',
  reason: 'Refused' as string | undefined,
  detail: 'No.' as string | undefined,
  deliveryCount: 0,
};
const { envelope } = outgoing('m', { correlationId: 'c', orderingKey: 'k', body: Buffer.from('{}') });
const describeLetter = (state: Partial<DeliveryState>, known: Partial<typeof facts> = {}, body = envelope.body) =>
  describeDeadLetter(toNative({ ...envelope, body }, { ...firstDelivery, ...state }), { ...facts, ...known });

it('describes a dead letter as an operator sees it', () => {
  expect(describeLetter({ generation: 2, round: 1, attempts: 3 }, { deliveryCount: 1 })).toEqual({
    id: 'm',
    place: '7',
    type: 'work.do',
    version: 1,
    reason: 'Refused',
    detail: 'No.',
    enqueuedAt: facts.enqueuedAt,
    attempt: 5,
    generation: 2,
    correlationId: 'c',
    orderingKey: 'k',
    size: 2,
    preview: '{}',
  });
});

it.each([
  ['settled by its consumer', 'Refused', 2, 3],
  // Its count includes the delivery that failed last.
  ['given up by the broker', 'MaxDeliveryCountExceeded', 10, 10],
])('counts the attempt of what was %s', (_, reason, deliveryCount, attempt) => {
  expect(describeLetter({}, { reason, deliveryCount }).attempt).toBe(attempt);
});

it('has no reason and no detail where its sender gave none', () => {
  expect(describeLetter({}, { reason: undefined, detail: undefined })).toMatchObject({ reason: '', detail: '' });
});

it('shows the first 512 bytes of a body, and gives the size of all of it', () => {
  const letter = describeLetter({}, {}, Buffer.from('x'.repeat(511) + 'yz'));
  expect(letter).toMatchObject({ size: 513, preview: 'x'.repeat(511) + 'y' });
  expect(describeLetter({}, {}, Uint8Array.of(0xff, 0x41)).preview).toBe('\ufffdA');
});

it.each([
  [undefined, 50],
  [1, 1],
  [250, 250],
])('takes %p for a page of %d letters', (limit, letters) => {
  expect(pageLimit(limit)).toBe(letters);
});

it.each([0, 251, 1.5, NaN])('refuses a page of %d letters', (limit) => {
  expect(() => pageLimit(limit)).toThrow(
    expect.objectContaining({ code: 'InvalidOptions', message: `A page has 1 to 250 dead letters, not ${limit}.` }),
  );
});
