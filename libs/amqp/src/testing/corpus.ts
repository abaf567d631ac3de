import fc from 'fast-check';
import { performative } from '../codec/performatives.js';
import { SASL_INIT, SASL_MECHANISMS, SASL_OUTCOME } from '../codec/sasl-performatives.js';
import type { Described } from '../codec/value.js';
import { AMQP_FRAME, SASL_FRAME } from '../frames/frame-reader.js';
import { BufferPool, Output } from '../frames/output.js';
import { writeFrame, writeHeartbeat } from '../frames/write-frame.js';
import { writeDisposition, writeFlow, writeTransfer } from '../frames/write-hot.js';
import * as arbitrary from './arbitrary-performatives.js';

/** Frames to damage: what a server sees in its life, and performatives of every kind. */
export function corpus(seed: number, size: number): readonly Buffer[] {
  const any = fc
    .sample(arbitrary.performative, { seed, numRuns: size })
    .map((one) => performative.to(one) as Described);
  return [
    frame(SASL_FRAME, SASL_MECHANISMS.to({ saslServerMechanisms: ['MSSBCBS', 'PLAIN'] })),
    frame(SASL_FRAME, SASL_INIT.to({ mechanism: 'PLAIN', initialResponse: Buffer.from('\0user\0secret') })),
    frame(SASL_FRAME, SASL_OUTCOME.to({ code: 0, additionalData: Buffer.from('Welcome!') })),
    written(writeHeartbeat),
    written((output) => writeTransfer(output, 0, TRANSFER, Buffer.from('payload'))),
    written((output) => writeDisposition(output, 0, { role: true, first: 1, last: 9, settled: true, state: ACCEPTED })),
    written((output) => writeFlow(output, 0, FLOW)),
    ...any.map((one) => frame(AMQP_FRAME, one)),
  ];
}

const ACCEPTED = { type: 'accepted' } as const;
const TRANSFER = {
  handle: 0,
  deliveryId: 300,
  tag: Buffer.alloc(16, 7),
  format: 0,
  settled: false,
  more: true,
  batchable: true,
};
const WINDOWS = { nextIncomingId: 0, incomingWindow: 5_000, nextOutgoingId: 1, outgoingWindow: 5_000 };
const FLOW = { ...WINDOWS, handle: 0, deliveryCount: 0, linkCredit: 100, available: 0, drain: true, echo: false };

const frame = (type: number, body: Described): Buffer => written((output) => writeFrame(output, type, 0, body));

function written(write: (output: Output) => void): Buffer {
  const output = new Output(new BufferPool());
  write(output);
  return output.take() as Buffer;
}
