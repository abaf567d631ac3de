import { expect, it } from '@jest/globals';
import type { Message } from 'amqplib';
import { deathHeaders } from './message.js';
import { placeTime, readLetter } from './letter-reader.js';

const died = Date.parse('2026-01-01T00:00:00.250Z');

function letter(properties: object, place: string) {
  const message = { fields: {}, properties: { headers: {}, ...properties }, content: Buffer.from('{}') };
  return readLetter(message as unknown as Message, { queue: 'work', place }).letter;
}

it('says when a letter was sent; where its sender does not, when it was given up', () => {
  const place = `${placeTime(died)}-000001-0123456789ab`;
  const headers = { [deathHeaders.place]: place, [deathHeaders.cause]: 'Bug' };
  expect(letter({ headers, timestamp: 1_700_000_000 }, place).enqueuedAt).toEqual(new Date(1_700_000_000_000));
  expect(letter({ headers }, place).enqueuedAt).toEqual(new Date(died));
});

it('says so of what the broker gave up, also where the place is not ours', () => {
  const headers = { 'x-death': [{ reason: 'expired', time: { '!': 'timestamp', value: 1_700_000_000 } }] };
  expect(letter({ headers }, 'elsewhere').enqueuedAt).toEqual(new Date(1_700_000_000_000));
});
