import { ValueWriter } from '../codec/value-writer.js';
import type { Described } from '../codec/value.js';
import { AMQP_FRAME, HEADER_SIZE } from './frame-reader.js';
import type { Output } from './output.js';

const scratch = new ValueWriter(4096);

/** Writes a frame: its performative, then its payload. @throws what {@link ValueWriter} does; nothing is written then */
export function writeFrame(output: Output, type: number, channel: number, body: Described, payload?: Buffer): void {
  const performative = scratch.clear().value(body).view();
  const size = HEADER_SIZE + performative.length + (payload?.length ?? 0);
  const start = output.reserve(size);
  writeHead(output.bytes, start, size, type, channel);
  output.bytes.set(performative, start + HEADER_SIZE);
  if (payload) output.bytes.set(payload, start + HEADER_SIZE + performative.length);
  output.commit(start + size);
}

/** Writes a frame that says nothing but that we are there. */
export function writeHeartbeat(output: Output): void {
  const start = output.reserve(HEADER_SIZE);
  writeHead(output.bytes, start, HEADER_SIZE, AMQP_FRAME, 0);
  output.commit(start + HEADER_SIZE);
}

/** @param id 0 AMQP, 2 TLS, 3 SASL */
export function writeProtocolHeader(output: Output, id: number): void {
  const start = output.reserve(HEADER_SIZE);
  output.bytes.writeUInt32BE(0x414d5150, start);
  output.bytes.writeUInt32BE(((id << 24) | 0x010000) >>> 0, start + 4);
  output.commit(start + HEADER_SIZE);
}

function writeHead(bytes: Buffer, start: number, size: number, type: number, channel: number): void {
  bytes.writeUInt32BE(size, start);
  bytes.writeUInt32BE(((2 << 24) | (type << 16) | channel) >>> 0, start + 4);
}
