import { expect, it } from '@jest/globals';
import type { Contract } from '../contract.js';
import type { Envelope } from '../envelope.js';
import { createMessageReader } from '../message-reader.js';
import type { Delivery, Settlement } from '../transport.js';
import { idsFromBody } from './ids-from-body.js';

interface Greeting {
  readonly no: string;
  readonly to: string;
}

const legacy: Contract<Greeting> = {
  type: 'hello',
  version: 0,
  kind: 'event',
  parse(value) {
    if (value === null || typeof value !== 'object') throw new Error('must be an object');
    return value as Greeting;
  },
  messageId: ({ no }) => no,
  orderingKey: ({ to }) => to,
};
const current: Contract<Greeting> = { ...legacy, version: 1 };

/** What the next step is given. */
async function seen(envelope: Partial<Envelope>): Promise<Envelope> {
  const delivery: Delivery = {
    queue: 'work',
    attempt: 1,
    unsettled: 0,
    signal: new AbortController().signal,
    envelope: {
      id: 'native',
      type: 'hello',
      version: 0,
      source: '/spec',
      time: '2026-01-31T12:00:00.000Z',
      contentType: 'application/json',
      headers: {},
      body: Buffer.from('{"no":"7","to":"ada"}'),
      ...envelope,
    },
  };
  let seen: Envelope | undefined;
  const read = createMessageReader([legacy, current] as readonly Contract[]);
  const consume = idsFromBody(read)(async (next): Promise<Settlement> => {
    seen = next.envelope;
    return { kind: 'complete' };
  });
  expect(await consume(delivery)).toEqual({ kind: 'complete' });
  if (seen === undefined) throw new Error('The next step was left out.');
  return seen;
}

it('names a message of version 0 by what its body says', async () => {
  expect(await seen({})).toMatchObject({ id: '7', orderingKey: 'ada', correlationId: '7' });
});

it('keeps the correlation that the sender gave', async () => {
  expect(await seen({ correlationId: 'request-1' })).toMatchObject({ id: '7', correlationId: 'request-1' });
});

it('leaves messages with a version, and those it cannot read, as they are', async () => {
  expect(await seen({ version: 1 })).toMatchObject({ id: 'native' });
  const unreadable = await seen({ body: Buffer.from('hello') });
  expect(unreadable).toMatchObject({ id: 'native' });
  expect(unreadable).not.toHaveProperty('correlationId');
});
