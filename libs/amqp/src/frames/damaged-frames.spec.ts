import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '../codec/decode-error.js';
import { performative } from '../codec/performatives.js';
import { saslPerformative } from '../codec/sasl-performatives.js';
import { AmqpArray, type AmqpValue, Described } from '../codec/value.js';
import { ValueReader } from '../codec/value-reader.js';
import { corpus } from '../testing/corpus.js';
import { AMQP_FRAME, FrameReader } from './frame-reader.js';
import { FramingError } from './framing-error.js';
import { DispositionFields, FlowFields, TransferFields } from './read-hot.js';

const SEED = 20_260_101;
const HEADER = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
const HEAD = 8;
/** Bytes of a frame that are damaged: the rest is more of the same. */
const MAX_DAMAGE = 250;
/** Items of arrays that have no bytes of their own. */
const MAX_EMPTY_ITEMS = 65_535;
const hot = [new TransferFields(), new DispositionFields(), new FlowFields()];

/** Values in a value, itself included. */
function count(value: AmqpValue): number {
  const sum = (values: Iterable<AmqpValue>) => [...values].reduce<number>((total, one) => total + count(one), 1);
  if (value instanceof Described) return 1 + count(value.descriptor) + count(value.value);
  if (value instanceof AmqpArray) return sum(value.items);
  if (value instanceof Map) return sum([...value.keys(), ...value.values()]);
  return Array.isArray(value) ? sum(value) : 1;
}

/** Only what says that the bytes are wrong may be thrown. @returns whether it was */
function isRefused(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (error instanceof DecodeError || error instanceof FramingError) return true;
    throw error;
  }
}

/** Reads a frame in every way there is. @returns how many of them refused it */
function readInEveryWay(bytes: Buffer): number {
  let refusals = 0;
  const attempt = (read: () => void) => {
    if (isRefused(read)) refusals++;
  };
  attempt(() => {
    const reader = new FrameReader(
      {
        header: () => {},
        frame: ({ type, bytes: frame, start, end }) => {
          const reader = new ValueReader(frame, start, end);
          while (!reader.done) (type === AMQP_FRAME ? performative : saslPerformative).from(reader.next());
        },
      },
      65_536,
    );
    reader.read(HEADER);
    reader.read(bytes);
    expect(reader.held).toBeLessThanOrEqual(65_536);
  });
  for (const fields of hot) attempt(() => fields.read(bytes, HEAD, bytes.length));
  attempt(() => expect(count(new ValueReader(bytes, HEAD).next())).toBeLessThanOrEqual(bytes.length + MAX_EMPTY_ITEMS));
  attempt(() => new ValueReader(bytes, HEAD).skip());
  return refusals;
}

describe('a frame that is damaged', () => {
  const frames = corpus(SEED, 14);

  it('is refused or read when it is cut anywhere', () => {
    let refusals = 0;
    for (const frame of frames) {
      for (let length = 0; length < Math.min(frame.length, MAX_DAMAGE); length++) {
        refusals += readInEveryWay(frame.subarray(0, length));
      }
    }
    expect(refusals).toBeGreaterThan(1_000);
  });

  it('is refused or read when a byte is another one', () => {
    let refusals = 0;
    for (const frame of frames) {
      const damaged = Buffer.from(frame);
      for (let at = 0; at < Math.min(frame.length, MAX_DAMAGE); at++) {
        const byte = frame[at] as number;
        for (const other of [byte ^ 0x01, byte ^ 0x10, 0x00, 0xff]) {
          damaged[at] = other;
          refusals += readInEveryWay(damaged);
        }
        damaged[at] = byte;
      }
    }
    expect(refusals).toBeGreaterThan(1_000);
  });
});
