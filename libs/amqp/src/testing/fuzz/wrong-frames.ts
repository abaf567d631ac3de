import fc from 'fast-check';
import { performative } from '../../codec/performatives.js';
import { type AmqpValue, Described } from '../../codec/value.js';
import { AMQP_FRAME } from '../../frames/frame-reader.js';
import { BufferPool, Output } from '../../frames/output.js';
import { writeFrame } from '../../frames/write-frame.js';
import { performative as anyPerformative } from '../arbitrary-performatives.js';
import { amqpValue } from '../arbitrary-values.js';

type Random = (below: number) => number;

/**
 * Frames that keep the grammar and nothing else: performatives of every kind on any channel, some with fields that are
 * of another type, missing, or too many.
 */
export function wrongFrames(random: Random, length: number): Buffer[] {
  const seed = random(0x7fff_ffff);
  const performatives = fc.sample(anyPerformative, { seed, numRuns: length });
  const values = fc.sample(amqpValue, { seed, numRuns: length });
  const output = new Output(new BufferPool());
  return performatives.map((said, i) => {
    const right = performative.to(said) as Described;
    const body = random(3) === 0 ? wrong(random, right, values[i] as AmqpValue) : right;
    writeFrame(output, AMQP_FRAME, random(3), body, Buffer.alloc(random(40)));
    return Buffer.from(output.take() as Buffer);
  });
}

function wrong(random: Random, { descriptor, value }: Described, other: AmqpValue): Described {
  const fields = [...(value as readonly AmqpValue[])];
  const choice = random(5);
  if (choice === 0) return new Described(descriptor, other);
  if (choice === 1) fields.push(other);
  else if (choice === 2) fields.length = random(fields.length + 1);
  else fields[random(fields.length)] = other;
  return new Described(choice === 3 ? other : descriptor, fields);
}
