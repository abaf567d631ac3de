import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DISPOSITION, FLOW, TRANSFER } from '../codec/performatives.js';
import type { Described } from '../codec/value.js';
import { ValueReader } from '../codec/value-reader.js';
import { ValueWriter } from '../codec/value-writer.js';
import * as arbitrary from '../testing/arbitrary-performatives.js';
import { hex } from '../testing/hex.js';
import { NONE } from './field-cursor.js';
import { BufferPool, Output } from './output.js';
import { DispositionFields, FlowFields, TransferFields } from './read-hot.js';
import { writeDisposition, writeFlow, writeTransfer } from './write-hot.js';

const HEAD = 8;
const encode = (value: Described): Buffer => Buffer.from(new ValueWriter().value(value).view());

function written(write: (output: Output) => void): Buffer {
  const output = new Output(new BufferPool());
  write(output);
  return output.take() as Buffer;
}

describe('a transfer', () => {
  it('is read as its table says, payload, tag and all', () => {
    fc.assert(
      fc.property(arbitrary.transfer, fc.uint8Array({ maxLength: 20 }), (sent, payload) => {
        const bytes = Buffer.concat([hex('ffffff'), encode(TRANSFER.to(sent)), payload]);
        const fields = new TransferFields();
        fields.read(bytes, 3, bytes.length);
        const tag =
          fields.tagLength === NONE ? undefined : bytes.subarray(fields.tagStart, fields.tagStart + fields.tagLength);
        const { tagStart: _, tagLength: __, payload: at, ...rest } = fields;
        expect({ ...rest, tag, payload: bytes.subarray(at) }).toEqual({
          handle: sent.handle,
          deliveryId: sent.deliveryId ?? NONE,
          tag: sent.deliveryTag,
          messageFormat: sent.messageFormat ?? NONE,
          settled: sent.settled ?? false,
          more: sent.more ?? false,
          rcvSettleMode: sent.rcvSettleMode ?? NONE,
          state: sent.state,
          resume: sent.resume ?? false,
          aborted: sent.aborted ?? false,
          batchable: sent.batchable ?? false,
          payload: Buffer.from(payload),
        });
      }),
    );
  });

  it('is written so that its table reads it', () => {
    const tag = fc.option(fc.uint8Array({ maxLength: 32 }), { nil: undefined });
    const [id, flag] = [arbitrary.uint, fc.boolean()];
    fc.assert(
      fc.property(id, id, tag, id, flag, flag, flag, fc.uint8Array({ minLength: 4 }), (handle, deliveryId, ...rest) => {
        const [deliveryTag, format, settled, more, batchable, payload] = rest;
        const fields = { handle, deliveryId, tag: deliveryTag, format, settled, more, batchable };
        const frame = written((output) => writeTransfer(output, 7, fields, payload, 1, payload.length - 1));
        const reader = new ValueReader(frame, HEAD);
        expect(frame.readUInt32BE(0)).toBe(frame.length);
        expect(TRANSFER.from(reader.next())).toEqual({
          ...{ type: 'transfer', handle, deliveryId, messageFormat: format, more, batchable },
          ...(deliveryTag && { deliveryTag: Buffer.from(deliveryTag) }),
          ...(settled && { settled }),
        });
        expect(frame.subarray(reader.position)).toEqual(Buffer.from(payload.subarray(1, -1)));
      }),
    );
  });

  it('repeats neither id nor tag nor format in the later frames of a delivery', () => {
    const later = {
      handle: 1,
      deliveryId: NONE,
      tag: undefined,
      format: 0,
      settled: false,
      more: false,
      batchable: true,
    };
    const frame = written((output) => writeTransfer(output, 0, later, hex('aa')));
    expect(TRANSFER.from(new ValueReader(frame, HEAD).next())).toEqual({
      ...{ type: 'transfer', handle: 1, more: false, batchable: true },
    });
  });

  it('has no tag longer than 32 bytes', () => {
    const fields = { handle: 1, deliveryId: 0, tag: Buffer.alloc(33), format: 0, settled: false, more: false };
    const write = () => written((output) => writeTransfer(output, 0, { ...fields, batchable: true }, hex('aa')));
    expect(write).toThrow('A delivery tag has at most 32 bytes, not 33.');
  });

  it('has a handle, whichever way it is encoded', () => {
    const read = (bytes: string) => new TransferFields().read(hex(bytes), 0, hex(bytes).length);
    expect(() => read('005314 c0020140')).toThrow('transfer: handle is missing.');
    expect(() => read('005314 45')).toThrow('transfer: handle is missing.');
    expect(() => read('005315 c0020143')).toThrow('This is no transfer.');
    expect(() => read('005314 c0020243')).toThrow('The bytes end where a value should begin.');
    expect(() => read('005314 c0030143')).toThrow('longer than the bytes there are');
    expect(() => read('005314 c003014343')).toThrow('longer than its 1 items');
  });
});

describe('a disposition', () => {
  it('is read as its table says', () => {
    fc.assert(
      fc.property(arbitrary.disposition, (sent) => {
        const bytes = encode(DISPOSITION.to(sent));
        const fields = new DispositionFields();
        fields.read(bytes, 0, bytes.length);
        expect({ ...fields }).toEqual({
          role: sent.role,
          first: sent.first,
          last: sent.last ?? sent.first,
          settled: sent.settled ?? false,
          state: sent.state,
          batchable: sent.batchable ?? false,
        });
      }),
    );
  });

  it('is written so that its table reads it', () => {
    const state = fc.option(arbitrary.deliveryState, { nil: undefined });
    fc.assert(
      fc.property(
        fc.boolean(),
        arbitrary.uint,
        arbitrary.uint,
        fc.boolean(),
        state,
        (role, first, last, settled, said) => {
          const frame = written((output) => writeDisposition(output, 3, { role, first, last, settled, state: said }));
          expect(frame.readUInt32BE(0)).toBe(frame.length);
          expect(DISPOSITION.from(new ValueReader(frame, HEAD).next())).toEqual({
            ...{ type: 'disposition', role, first, settled },
            ...(last !== first && { last }),
            ...(said && { state: said }),
          });
        },
      ),
    );
  });

  it('has a role, and no state that is unknown', () => {
    const read = (bytes: string) => new DispositionFields().read(hex(bytes), 0, hex(bytes).length);
    expect(() => read('005315 c003024043')).toThrow('disposition: role is missing.');
    expect(() => read('005315 c00905 41 43 40 41 00539945')).toThrow('disposition: state must be a delivery state.');
  });
});

describe('a flow', () => {
  it('is read as its table says', () => {
    fc.assert(
      fc.property(arbitrary.flow, (sent) => {
        const bytes = encode(FLOW.to(sent));
        const fields = new FlowFields();
        fields.read(bytes, 0, bytes.length);
        expect({ ...fields }).toEqual({
          nextIncomingId: sent.nextIncomingId ?? NONE,
          incomingWindow: sent.incomingWindow,
          nextOutgoingId: sent.nextOutgoingId,
          outgoingWindow: sent.outgoingWindow,
          handle: sent.handle ?? NONE,
          deliveryCount: sent.deliveryCount ?? NONE,
          linkCredit: sent.linkCredit ?? NONE,
          available: sent.available ?? NONE,
          drain: sent.drain ?? false,
          echo: sent.echo ?? false,
        });
      }),
    );
  });

  it('is written so that its table reads it', () => {
    const number = fc.oneof(arbitrary.uint, fc.constant(NONE));
    fc.assert(
      fc.property(
        fc.tuple(number, arbitrary.uint, arbitrary.uint, arbitrary.uint),
        fc.tuple(number, number, number, number),
        fc.boolean(),
        fc.boolean(),
        (windows, link, drain, echo) => {
          const [nextIncomingId, incomingWindow, nextOutgoingId, outgoingWindow] = windows;
          const [handle, deliveryCount, linkCredit, available] = link;
          const numbers = {
            nextIncomingId,
            incomingWindow,
            nextOutgoingId,
            outgoingWindow,
            handle,
            deliveryCount,
            linkCredit,
            available,
          };
          const frame = written((output) => writeFlow(output, 3, { ...numbers, drain, echo }));
          const present = Object.entries(numbers).filter(([, value]) => value !== NONE);
          expect(frame.readUInt32BE(0)).toBe(frame.length);
          expect(FLOW.from(new ValueReader(frame, HEAD).next())).toEqual({
            ...{ type: 'flow', echo, ...Object.fromEntries(present) },
            ...(drain && { drain }),
          });
        },
      ),
    );
  });
});
