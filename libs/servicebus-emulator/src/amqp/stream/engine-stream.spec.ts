import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  AMQP_FRAME,
  AmqpServer,
  BufferPool,
  type Described,
  type Draft,
  FrameReader,
  type Listener,
  Output,
  performative,
  type Performative,
  type SenderLink,
  ValueReader,
  writeFrame,
  writeProtocolHeader,
} from '@orderflow/amqp';
import { EngineStream } from './engine-stream.js';

const SECOND = 1_000;
const WINDOWS = { incomingWindow: 5_000, outgoingWindow: 5_000 };
const FLOW = { type: 'flow', nextIncomingId: 1, nextOutgoingId: 0, ...WINDOWS } as const;

/** The client's end: what it was written, piece by piece, and whether it takes more. */
class Pipe extends Duplex {
  readonly pieces: Buffer[] = [];
  /** Set where the client does not read: calls back when it does. */
  taken: (() => void) | undefined;
  isReading = true;

  override _read(): void {
    // Input is pushed.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.pieces.push(chunk);
    if (this.isReading) done();
    else this.taken = done;
  }
}

let pipe: Pipe;
let engine: AmqpServer;
let stream: EngineStream;
let links: SenderLink[];
let failure: unknown;
let closed: number;
let overrides: Partial<Listener>;

beforeEach(() => {
  // The passes of the event loop are real, the time is not.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
  pipe = new Pipe();
  [links, failure, closed, overrides] = [[], undefined, 0, {}];
  const nothing = () => undefined;
  const listener: Listener = {
    sasl: () => true,
    opened: () => void stream.tick(),
    attached: (link) => {
      if (link.role === 'receiver') return link.accept(1_000);
      links.push(link);
      link.accept();
    },
    delivery: (link, { id }) =>
      overrides.delivery ? overrides.delivery(link, undefined as never) : link.settle(id, { type: 'accepted' }),
    output: () => stream.outputBegan(),
    closed: () => stream.outputBegan(),
    ...{ began: nothing, ended: nothing, detached: nothing, sendable: nothing, drain: nothing, disposed: nothing },
  };
  engine = new AmqpServer({ containerId: 'server', requireSasl: false }, listener);
  stream = new EngineStream(pipe, engine, { closed: () => closed++, failed: (error) => (failure = error) });
});

afterEach(async () => {
  pipe.destroy();
  await passes(3); // Its end is not the next one's.
  jest.useRealTimers();
});

async function passes(count = 60): Promise<void> {
  for (let pass = 0; pass < count; pass++) await new Promise(setImmediate);
}

const output = new Output(new BufferPool());

function encode(...said: readonly (Draft<Performative> & { payload?: Buffer })[]): Buffer {
  for (const { payload, ...one } of said) {
    writeFrame(output, AMQP_FRAME, 0, performative.to(one as Performative) as Described, payload);
  }
  return Buffer.from(output.take() as Buffer);
}

async function say(...said: readonly (Draft<Performative> & { payload?: Buffer })[]): Promise<void> {
  pipe.push(encode(...said));
  await passes();
}

/** A connection with a session, a link to send on (0) and one to receive on (1). */
async function open(idleTimeOut?: number): Promise<void> {
  writeProtocolHeader(output, 0);
  pipe.push(Buffer.from(output.take() as Buffer));
  const attach = { type: 'attach', source: { type: 'source' }, target: { type: 'target' } } as const;
  await say(
    { type: 'open', containerId: 'client', idleTimeOut },
    { type: 'begin', nextOutgoingId: 0, ...WINDOWS },
    { ...attach, name: 'out', handle: 0, role: false, initialDeliveryCount: 0 },
    { ...attach, name: 'in', handle: 1, role: true },
  );
  pipe.pieces.length = 0;
}

/** What was written since the last time, by names. */
function names(): string[] {
  const found: string[] = [];
  const reader = new FrameReader(
    {
      header: () => undefined,
      frame: ({ bytes, start, end }) =>
        void found.push(
          start === end ? 'heartbeat' : (performative.from(new ValueReader(bytes, start, end).next())?.type ?? ''),
        ),
    },
    65_536,
  );
  reader.read(Buffer.from('AMQP\0\x01\0\0', 'latin1'));
  reader.read(Buffer.concat(pipe.pieces.splice(0)));
  return found;
}

const transfer = (deliveryId: number) =>
  ({ type: 'transfer', handle: 0, deliveryId, deliveryTag: Buffer.of(1), payload: Buffer.from('x') }) as const;

describe('what an engine says', () => {
  it('leaves in one piece when the client pauses, however many chunks it answers', async () => {
    await open();
    for (let id = 0; id < 50; id++) pipe.push(encode(transfer(id)));
    await passes();
    expect(pipe.pieces).toHaveLength(1);
    expect(names()).toEqual(['disposition']);
    expect(stream.pieces).toBeGreaterThan(1);
  });

  it('is an empty frame, once, where the input brought no answer', async () => {
    await open();
    await say({ ...FLOW, handle: 1, deliveryCount: 0, linkCredit: 5 });
    expect(names()).toEqual(['heartbeat']);
    await say(transfer(0));
    expect(names()).toEqual(['disposition']);
  });

  it('is no empty frame while an answer is owed to a client that converses, and one if none came', async () => {
    await open();
    const flow = { ...FLOW, handle: 1, deliveryCount: 0, linkCredit: 5 } as const;
    // Time for the client to be known by.
    jest.advanceTimersByTime(10);
    await say(transfer(0));
    expect(names()).toEqual(['disposition']);
    stream.owe();
    await say(flow);
    expect(names()).toEqual([]);
    stream.paid();
    await passes();
    expect(names()).toEqual(['heartbeat']);
    stream.owe();
    await say(flow, transfer(1));
    stream.paid();
    await passes();
    expect(names()).toEqual(['disposition']);
  });

  it('waits while the client leaves 4 MB unread, and goes on when it has read them', async () => {
    await open();
    await say({ ...FLOW, handle: 1, deliveryCount: 0, linkCredit: 1_000 });
    const [link] = links as [SenderLink];
    const options = { settled: true, format: 0, batchable: false, token: undefined };
    pipe.isReading = false;
    let sent = 0;
    for (; link.canSend && sent < 100; sent++) {
      link.send(Buffer.of(1), Buffer.alloc(100_000), options);
      stream.relieve();
    }
    expect([sent > 40, sent < 60, link.canSend]).toEqual([true, true, false]);
    pipe.isReading = true;
    pipe.taken?.();
    await passes();
    expect(link.canSend).toBe(true);
  });
});

describe('time', () => {
  it('brings a heartbeat at least twice within what a silent client bears', async () => {
    await open(10 * SECOND);
    for (let beats = 0, seconds = 0; seconds < 60; seconds += 5, beats = 0) {
      for (let i = 0; i < 5; i++) {
        jest.advanceTimersByTime(SECOND);
        await passes(10);
        beats += names().filter((name) => name === 'heartbeat').length;
      }
      expect(beats).toBeGreaterThan(0);
    }
  });

  it('ends a client that says nothing for two minutes, and none that says as much as nothing', async () => {
    await open();
    for (let minute = 0; minute < 4; minute++) {
      jest.advanceTimersByTime(60 * SECOND);
      pipe.push(Buffer.from('0000000802000000', 'hex'));
      await passes();
    }
    expect([engine.state, pipe.writableEnded]).toEqual(['open', false]);
    for (let seconds = 0; seconds < 150; seconds++) jest.advanceTimersByTime(SECOND);
    await passes();
    expect([names().at(-1), engine.state, pipe.writableEnded]).toEqual(['close', 'closed', true]);
  });

  it('is over for a client that does not answer a goodbye within half a second of its leaving', async () => {
    await open();
    engine.close();
    jest.advanceTimersByTime(10 * SECOND);
    expect([pipe.pieces.length, pipe.destroyed]).toEqual([0, false]);
    await passes();
    expect(names()).toEqual(['close']);
    jest.advanceTimersByTime(499);
    expect(pipe.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(pipe.destroyed).toBe(true);
    await passes();
    expect([closed, jest.getTimerCount()]).toEqual([1, 0]);
  });
});

describe('the end', () => {
  it('comes with all that was said before, when the client says goodbye', async () => {
    await open();
    await say(transfer(0), { type: 'close' });
    expect(names()).toEqual(['disposition', 'close']);
    expect(pipe.writableEnded).toBe(true);
  });

  it('comes to one client alone when the broker itself fails', async () => {
    await open();
    const error = new Error('A defect.');
    overrides.delivery = () => {
      throw error;
    };
    await say(transfer(0));
    expect([failure, pipe.destroyed, closed, engine.state, stream.isGone]).toEqual([error, true, 1, 'closed', true]);
  });
});
