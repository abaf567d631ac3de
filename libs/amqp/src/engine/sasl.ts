import { SASL_MECHANISMS, SASL_OUTCOME, saslPerformative } from '../codec/sasl-performatives.js';
import { DecodeError } from '../codec/decode-error.js';
import { ValueReader } from '../codec/value-reader.js';
import { type Frame, SASL_FRAME } from '../frames/frame-reader.js';
import type { Output } from '../frames/output.js';
import { writeFrame } from '../frames/write-frame.js';

/** What Azure says with a good outcome. */
const WELCOME = Buffer.from('Welcome!');

export function writeMechanisms(output: Output, mechanisms: readonly string[]): void {
  writeFrame(output, SASL_FRAME, 0, SASL_MECHANISMS.to({ saslServerMechanisms: mechanisms }));
}

/** @param isGood whether the peer may go on */
export function writeOutcome(output: Output, isGood: boolean): void {
  const outcome = isGood ? { code: 0, additionalData: WELCOME } : { code: 1 };
  writeFrame(output, SASL_FRAME, 0, SASL_OUTCOME.to(outcome));
}

/** The mechanism a peer chose, and its response. @throws DecodeError when the frame says anything else */
export function readInit({ type, bytes, start, end }: Frame): { mechanism: string; response: Buffer | undefined } {
  const said = type === SASL_FRAME ? saslPerformative.from(new ValueReader(bytes, start, end).next()) : undefined;
  if (said?.type !== 'sasl-init') throw new DecodeError('A sasl-init was expected.');
  return { mechanism: said.mechanism, response: said.initialResponse };
}
