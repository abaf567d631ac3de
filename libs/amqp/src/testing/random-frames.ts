import { performative, type Performative } from '../codec/performatives.js';
import type { Described } from '../codec/value.js';
import { AMQP_FRAME } from '../frames/frame-reader.js';
import { BufferPool, Output } from '../frames/output.js';
import { writeFrame, writeProtocolHeader } from '../frames/write-frame.js';

type Random = (below: number) => number;

/** What a peer remembers that is sound mostly. */
interface Memory {
  /** True where the peer receives, by handle. */
  readonly roles: Map<number, boolean>;
  /** The delivery that is under way, by handle. */
  readonly unfinished: Map<number, number>;
  nextDelivery: number;
}

/** One time in so many the peer does what it must not. */
const FOLLY = 60;

/** Frames of a peer that is sound mostly: small ids, handles and channels, so that they hit and collide. */
export function randomFrames(random: Random, length: number): Buffer[] {
  const output = new Output(new BufferPool());
  const frames: Buffer[] = [];
  const add = (said: unknown, channel = 0, payload = '') => {
    writeFrame(output, AMQP_FRAME, channel, performative.to(said as Performative) as Described, Buffer.from(payload));
    frames.push(Buffer.from(output.take() as Buffer));
  };
  writeProtocolHeader(output, 0);
  frames.push(Buffer.from(output.take() as Buffer));
  add({ type: 'open', containerId: 'peer', maxFrameSize: random(2) === 0 ? 512 : 65_536 });
  add({ type: 'begin', nextOutgoingId: 0xffff_fffd, incomingWindow: random(20), outgoingWindow: 100 });
  const memory: Memory = { roles: new Map(), unfinished: new Map(), nextDelivery: 0xffff_fffe };
  for (let i = 0; i < length; i++) {
    const said = randomPerformative(random, memory);
    add(said, random(FOLLY * 4) === 0 ? random(3) : 0, said['type'] === 'transfer' ? 'x'.repeat(random(300)) : '');
  }
  return frames;
}

function randomPerformative(random: Random, memory: Memory): Record<string, unknown> {
  const handle = random(4);
  const role = random(FOLLY) === 0 ? random(2) === 0 : memory.roles.get(handle);
  if (role === undefined) return randomAttach(random, handle, memory);
  const choice = random(100);
  if (choice < 4) {
    memory.roles.delete(handle);
    memory.unfinished.delete(handle);
    return { type: 'detach', handle, closed: random(2) === 0 };
  }
  if (choice < 40) return role ? randomFlow(random, handle) : randomTransfer(random, handle, memory);
  if (choice < 60) return role ? randomDisposition(random, 0) : randomTransfer(random, handle, memory);
  if (choice < 75) return randomDisposition(random, role ? 0 : memory.nextDelivery - 9);
  if (choice < 99 || random(4) > 0) return randomFlow(random, handle);
  const begin = { type: 'begin', nextOutgoingId: 0, incomingWindow: random(9), outgoingWindow: 9 };
  return [{ type: 'end' }, { type: 'close' }, begin][random(3)] as Record<string, unknown>;
}

function randomAttach(random: Random, handle: number, { roles }: Memory): Record<string, unknown> {
  const role = random(2) === 0;
  roles.set(handle, role);
  const ends = { source: { type: 'source', address: 'q' }, target: { type: 'target', address: 'q' } };
  return { type: 'attach', name: `link${random(5)}`, handle, role, ...ends, initialDeliveryCount: random(2) };
}

function randomTransfer(random: Random, handle: number, memory: Memory): Record<string, unknown> {
  const begun = memory.unfinished.get(handle);
  const deliveryId = random(FOLLY) === 0 ? random(9) : (begun ?? memory.nextDelivery);
  if (begun === undefined) memory.nextDelivery = (memory.nextDelivery + 1) >>> 0;
  const more = random(3) === 0;
  const aborted = random(20) === 0;
  if (more && !aborted) memory.unfinished.set(handle, deliveryId);
  else memory.unfinished.delete(handle);
  const state = random(9) === 0 ? { state: { type: 'transactional-state', txnId: Buffer.of(1) } } : {};
  return { type: 'transfer', handle, deliveryId, more, settled: random(2) === 0, aborted, ...state };
}

function randomDisposition(random: Random, from: number): Record<string, unknown> {
  const first = from + random(20);
  const state = { type: ['accepted', 'released', 'rejected', 'modified'][random(4)] };
  const last = (first + random(9)) >>> 0;
  return { type: 'disposition', role: from === 0, first: first >>> 0, last, settled: random(3) > 0, state };
}

function randomFlow(random: Random, handle: number): Record<string, unknown> {
  const windows = { incomingWindow: 5 + random(60), nextOutgoingId: 0xffff_fffd, outgoingWindow: 100 };
  const seen = random(3) === 0 ? {} : { nextIncomingId: random(FOLLY * 4) === 0 ? 50 : 1 };
  const link =
    random(4) === 0 ? {} : { handle, deliveryCount: random(30), linkCredit: random(20), drain: random(6) === 0 };
  return { type: 'flow', ...windows, ...seen, ...link, echo: random(5) === 0 };
}

/** Damages frames: one is dropped, repeated, swapped, cut, or has a byte that is another one. */
export function damage(random: Random, frames: readonly Buffer[]): Buffer[] {
  const damaged = [...frames];
  for (let times = random(4); times > 0; times--) {
    const at = random(damaged.length);
    const frame = Buffer.from(damaged[at] as Buffer);
    const choice = random(5);
    if (choice === 0 && damaged.length > 1) damaged.splice(at, 1);
    else if (choice === 1) damaged.splice(at, 0, frame);
    else if (choice === 2) damaged.push(damaged.splice(at, 1)[0] as Buffer);
    else if (choice === 3) damaged[at] = frame.subarray(0, random(frame.length));
    else frame[random(frame.length)] = random(256);
    if (choice === 4) damaged[at] = frame;
  }
  return damaged;
}

/** Cuts bytes into chunks of any size, empty ones among them. */
export function chunksOf(random: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  const most = 2 + random(200);
  let at = 0;
  while (at < bytes.length) {
    const end = at + random(most);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}
