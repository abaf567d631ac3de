import { describe, expect, it } from '@jest/globals';
import type { Contract } from './contract.js';
import { causeOf, causeReference, createEnvelopeWriter } from './envelope-writer.js';
import type { Message } from './message.js';
import { outgoing } from './testing/outgoing.js';

const contract: Contract<{ readonly amount: number }> = {
  type: 'order.paid',
  version: 2,
  kind: 'event',
  parse(value) {
    const { amount } = value as { amount: number };
    if (typeof amount !== 'number') throw new Error('amount must be a number');
    return { amount };
  },
};
const write = createEnvelopeWriter('/spec');

function message(envelope: Parameters<typeof outgoing>[1]): Message {
  const received = outgoing('m', envelope).envelope;
  return { id: 'm', type: 'work.do', version: 1, payload: {}, envelope: received };
}

describe('an envelope writer', () => {
  it('writes what the contract makes of the payload, and nothing beside it', () => {
    const payload = { amount: 5, secret: 'x' };
    const envelope = write(contract, payload, { id: 'e', orderingKey: 'o', time: '2026-01-01T00:00:00.000Z' });
    expect({ ...envelope, body: String(envelope.body) }).toEqual({
      id: 'e',
      type: 'order.paid',
      version: 2,
      source: '/spec',
      time: '2026-01-01T00:00:00.000Z',
      orderingKey: 'o',
      correlationId: 'e',
      contentType: 'application/json',
      headers: {},
      body: '{"amount":5}',
    });
  });

  it('refuses what the contract refuses', () => {
    expect(() => write(contract, { amount: '5' } as never)).toThrow('amount must be a number');
  });

  it('gives every message an id of its own and the present time, and no ordering key, by default', () => {
    const before = Date.now();
    const [one, two] = [write(contract, { amount: 1 }), write(contract, { amount: 1 })];
    expect(one.id).not.toBe(two.id);
    expect(one.correlationId).toBe(one.id);
    expect(Date.parse(one.time)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(one.time)).toBeLessThanOrEqual(Date.now());
    expect(one).not.toHaveProperty('orderingKey');
  });

  it('passes on the correlation and the trace of its cause, and of other headers those that are listed', () => {
    const trace = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'vendor=1',
      baggage: 'tenant=7',
    };
    const others = { authorization: 'Bearer secret', 'NServiceBus.MessageId': '1', tenant: 'blue' };
    const caused = message({ correlationId: 'request', headers: { ...trace, ...others } });
    const written = write(contract, { amount: 1 }, { id: 'e', cause: causeOf(caused) });
    expect(written).toMatchObject({ correlationId: 'request' });
    expect(written.headers).toEqual(trace);
    expect(causeOf(caused, ['tenant', 'toString', 'absent']).headers).toEqual({ ...trace, tenant: 'blue' });
  });

  it('correlates with the message itself when that had no correlation', () => {
    expect(causeOf(message({}))).toEqual({ correlationId: 'm', headers: {} });
  });

  it('names the cause of an event by its message and attempt', () => {
    const caused = message({});
    const { envelope } = caused;
    const delivery = { envelope, queue: 'work', attempt: 3, unsettled: 0, signal: new AbortController().signal };
    expect(causeReference(caused, delivery)).toEqual({ messageId: 'm', attempt: 3 });
  });
});
