import { DecodeError } from '../codec/decode-error.js';
import { CLOSE, OPEN, type Performative, performative } from '../codec/performatives.js';
import { ValueReader } from '../codec/value-reader.js';
import { AMQP_FRAME, type Frame, type ProtocolHeader } from '../frames/frame-reader.js';
import type { Output } from '../frames/output.js';
import { writeFrame, writeProtocolHeader } from '../frames/write-frame.js';
import type { ErrorDraft } from './errors.js';
import { writeMechanisms } from './sasl.js';
import type { Settings } from './settings.js';

const AMQP_HEADER = 0;
const SASL_HEADER = 3;
const VERSION = '1.0.0';

/** What the peer is expected to send: `closing` waits for its close, `closed` for nothing. */
export type State = 'header' | 'sasl' | 'authenticated' | 'opening' | 'open' | 'closing' | 'closed';

/** Answers a protocol header. @returns what comes next; undefined when this header does not belong here */
export function answerHeader(
  output: Output,
  { id, version }: ProtocolHeader,
  state: State,
  { requireSasl, mechanisms }: Settings,
): State | undefined {
  if (version !== VERSION) return undefined;
  if (id === SASL_HEADER && state === 'header') {
    writeProtocolHeader(output, SASL_HEADER);
    writeMechanisms(output, mechanisms);
    return 'sasl';
  }
  if (id !== AMQP_HEADER || (requireSasl && state !== 'authenticated')) return undefined;
  writeProtocolHeader(output, AMQP_HEADER);
  return 'opening';
}

/** Says what we speak to a peer that said something else. */
export function writeOwnHeader(output: Output, state: State, { requireSasl }: Settings): void {
  if (state === 'header') writeProtocolHeader(output, requireSasl ? SASL_HEADER : AMQP_HEADER);
  if (state === 'authenticated') writeProtocolHeader(output, AMQP_HEADER);
}

/**
 * The performative of a frame, read from a copy: an attach is kept, and must not keep the chunk it came in.
 * @throws DecodeError when there is none
 */
export function readPerformative({ bytes, start, end }: Frame): Performative {
  const own = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(own, 0, start, end);
  const said = performative.from(new ValueReader(own).next());
  if (!said) throw new DecodeError('This is no performative.');
  return said;
}

/**
 * @param maxFrameSize bytes, as agreed on
 * @param channelMax as agreed on
 */
export function writeOpen(output: Output, settings: Settings, maxFrameSize: number, channelMax: number): void {
  const { containerId, idleTimeOut } = settings;
  writeFrame(output, AMQP_FRAME, 0, OPEN.to({ containerId, maxFrameSize, channelMax, idleTimeOut }));
}

export function writeClose(output: Output, error: ErrorDraft | undefined): void {
  writeFrame(output, AMQP_FRAME, 0, CLOSE.to({ error }));
}
