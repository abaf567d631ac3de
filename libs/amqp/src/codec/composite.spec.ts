import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as arbitrary from '../testing/arbitrary-performatives.js';
import { hex } from '../testing/hex.js';
import { DecodeError } from './decode-error.js';
import { ATTACH, BEGIN, CLOSE, DETACH, DISPOSITION, END, FLOW, OPEN, performative, TRANSFER } from './performatives.js';
import { SASL_CHALLENGE, SASL_INIT, SASL_MECHANISMS, SASL_OUTCOME, SASL_RESPONSE } from './sasl-performatives.js';
import { DECLARE, DISCHARGE, ERROR } from './states.js';
import { COORDINATOR, SOURCE, TARGET } from './terminus.js';
import { type AmqpValue, Described, Scalar, symbol, uint } from './value.js';
import { ValueReader } from './value-reader.js';
import { ValueWriter } from './value-writer.js';

const throughBytes = (value: AmqpValue): AmqpValue =>
  new ValueReader(Buffer.from(new ValueWriter().value(value).view())).next();
const described = (code: number, ...fields: AmqpValue[]) => new Described(new Scalar('ulong', BigInt(code)), fields);

describe('a composite type', () => {
  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(arbitrary.performative, (written) => {
        expect(performative.from(throughBytes(performative.to(written)))).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  it('is written with all its fields, trailing nulls included', () => {
    const count = (value: Described) => (value.value as readonly AmqpValue[]).length;
    const counts = {
      open: count(OPEN.to({ containerId: 'c' })),
      begin: count(BEGIN.to({ nextOutgoingId: 1, incomingWindow: 1, outgoingWindow: 1 })),
      attach: count(ATTACH.to({ name: 'l', handle: 0, role: true })),
      flow: count(FLOW.to({ incomingWindow: 1, nextOutgoingId: 1, outgoingWindow: 1 })),
      transfer: count(TRANSFER.to({ handle: 0 })),
      disposition: count(DISPOSITION.to({ role: true, first: 0 })),
      detach: count(DETACH.to({ handle: 0 })),
      end: count(END.to({})),
      close: count(CLOSE.to({})),
      error: count(ERROR.to({ condition: 'amqp:not-found' })),
      source: count(SOURCE.to({})),
      target: count(TARGET.to({})),
    };
    const expected = { open: 10, begin: 8, attach: 14, flow: 11, transfer: 11, disposition: 6, detach: 3, end: 1 };
    expect(counts).toEqual({ ...expected, close: 1, error: 3, source: 11, target: 7 });
  });

  it('reads an absent field as its default and writes it as null again', () => {
    const source = SOURCE.from(described(0x28, 'queue'));
    expect(source).toMatchObject({ address: 'queue', durable: 0, expiryPolicy: 'session-end', dynamic: false });
    expect(SOURCE.to(source ?? {})).toEqual(SOURCE.to({ address: 'queue' }));
  });

  it.each([
    [OPEN, 0x10, 'amqp:open:list', [symbol('container')]],
    [COORDINATOR, 0x30, 'amqp:coordinator:list', []],
    [DECLARE, 0x31, 'amqp:declare:list', []],
    [DISCHARGE, 0x32, 'amqp:discharge:list', [hex('01')]],
    [SASL_MECHANISMS, 0x40, 'amqp:sasl-mechanisms:list', [symbol('PLAIN')]],
    [SASL_INIT, 0x41, 'amqp:sasl-init:list', [symbol('PLAIN')]],
    [SASL_CHALLENGE, 0x42, 'amqp:sasl-challenge:list', [hex('01')]],
    [SASL_RESPONSE, 0x43, 'amqp:sasl-response:list', [hex('01')]],
    [SASL_OUTCOME, 0x44, 'amqp:sasl-outcome:list', [new Scalar('ubyte', 0)]],
  ])('$name is known by its number and by its symbol', (type, code, name, fields) => {
    const byNumber = type.from(described(code, ...fields));
    expect(byNumber).toMatchObject({ type: type.name });
    expect(type.from(new Described(symbol(name), fields))).toEqual(byNumber);
    expect(type.from(described(code + 1, ...fields))).toBeUndefined();
  });

  it.each([
    ['open: container-id is missing.', described(0x10)],
    ['open: max-frame-size must be a uint.', described(0x10, 'c', null, new Scalar('ulong', 512n))],
    ['open has 10 fields, not 11.', described(0x10, ...(Array(11).fill(null) as null[]))],
    ['end must be a list.', new Described(new Scalar('ulong', 0x17n), new Map())],
    ['error: condition is missing.', described(0x18, described(0x1d))],
    ['disposition: state must be a delivery state.', described(0x15, true, uint(0), null, null, described(0x99))],
    ['attach: source must be a source.', described(0x12, 'l', uint(0), true, null, null, described(0x29))],
    ['attach: properties must be a map', attachWith(new Map([[uint(1), null]]))],
    [
      'attach: properties must be a map',
      attachWith(
        new Map<AmqpValue, AmqpValue>([
          [symbol('a'), null],
          ['a', null],
        ]),
      ),
    ],
  ])('says what is wrong: %s', (message, value) => {
    expect(() => performative.from(value as AmqpValue)).toThrow(message);
    expect(() => performative.from(value as AmqpValue)).toThrow(DecodeError);
  });

  it('cannot be written without a mandatory field, or as a type that does not belong there', () => {
    expect(() => OPEN.to({})).toThrow('open: container-id is missing.');
    expect(() => DISPOSITION.to({ role: true, first: 0, state: { type: 'open' } as never })).toThrow(
      "'open' is no delivery state.",
    );
  });
});

function attachWith(properties: AmqpValue): Described {
  const nulls = Array<null>(10).fill(null);
  return described(0x12, 'l', uint(0), true, ...nulls, properties);
}
