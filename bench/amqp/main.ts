/**
 * The engine alone, without sockets: `npm run bench:amqp`. Prints, of a message of 1 KB, the ns and the bytes allocated
 * on V8's heap that it costs the server: to receive it and say that it is accepted, and to send it and hear so. Each is
 * the median of several rounds.
 */
import {
  AmqpServer,
  BufferPool,
  type Listener,
  Output,
  performative,
  writeDisposition,
  writeFlow,
  writeProtocolHeader,
  writeTransfer,
  writeFrame,
  AMQP_FRAME,
  type Link,
  type Performative,
  type Described,
} from '@orderflow/amqp';

const MESSAGES = 1_000;
const BATCHES = 200;
const ROUNDS = 7;
const PAYLOAD = Buffer.alloc(1_024, 1);
const TAG = Buffer.alloc(16, 7);
const ACCEPTED = { type: 'accepted' } as const;
const OPTIONS = { settled: false, format: 0, batchable: true, token: undefined };
const noop = (): void => {};

interface Result {
  readonly ns: number;
  readonly bytes: number;
}

/** A server and the one link of its peer, which receives or sends. */
function attached(role: boolean): { readonly server: AmqpServer; readonly link: Link; readonly output: Output } {
  let link: Link | undefined;
  const listener: Listener = {
    sasl: () => true,
    opened: () => undefined,
    attached: (one) => {
      link = one;
      if (one.role === 'sender') one.accept();
      else one.accept(MESSAGES);
    },
    delivery: (one, { id }) => one.settle(id, ACCEPTED),
    ...{ began: noop, ended: noop, detached: noop, sendable: noop, drain: noop, disposed: noop, closed: noop },
  };
  const server = new AmqpServer(
    { containerId: 'bench', requireSasl: false, highWaterMark: 64 * 1024 * 1024 },
    listener,
  );
  const output = new Output(new BufferPool());
  const say = (said: unknown) => writeFrame(output, AMQP_FRAME, 0, performative.to(said as Performative) as Described);
  writeProtocolHeader(output, 0);
  say({ type: 'open', containerId: 'peer', maxFrameSize: 65_536 });
  say({ type: 'begin', nextOutgoingId: 0, incomingWindow: 5_000, outgoingWindow: 5_000 });
  say({
    type: 'attach',
    name: 'link',
    handle: 0,
    role,
    source: { type: 'source' },
    target: { type: 'target' },
    initialDeliveryCount: 0,
  });
  server.receive(Buffer.from(output.take() as Buffer));
  server.takeOutput();
  if (!link) throw new Error('The link was not attached.');
  return { server, link, output };
}

/** Sends what waits on its way, as a socket does that is done at once. @returns its bytes */
function flush(server: AmqpServer): number {
  const piece = server.takeOutput();
  if (piece) server.giveBack(piece);
  return piece?.length ?? 0;
}

function receiving(): () => void {
  const { server, output } = attached(false);
  let id = 0;
  return () => {
    for (let i = 0; i < MESSAGES; i++, id++) {
      writeTransfer(
        output,
        0,
        { handle: 0, deliveryId: id, tag: TAG, format: 0, settled: false, more: false, batchable: true },
        PAYLOAD,
      );
    }
    const bytes = output.take() as Buffer;
    measure(() => {
      for (let at = 0; at < bytes.length; at += 65_536) server.receive(bytes.subarray(at, at + 65_536));
      if (flush(server) === 0) throw new Error('Nothing was accepted.');
    });
  };
}

function sending(): () => void {
  const { server, link, output } = attached(true);
  let sent = 0;
  return () => {
    const windows = {
      nextIncomingId: (1 + sent) >>> 0,
      incomingWindow: 5_000,
      nextOutgoingId: 0,
      outgoingWindow: 5_000,
    };
    writeFlow(output, 0, {
      ...windows,
      handle: 0,
      deliveryCount: sent,
      linkCredit: MESSAGES,
      available: 0,
      drain: false,
      echo: false,
    });
    const flow = Buffer.from(output.take() as Buffer);
    writeDisposition(output, 0, { role: true, first: sent, last: sent + MESSAGES - 1, settled: true, state: ACCEPTED });
    const disposition = Buffer.from(output.take() as Buffer);
    measure(() => {
      server.receive(flow);
      if (link.role !== 'sender') throw new Error('The link does not send.');
      for (let i = 0; i < MESSAGES; i++) {
        if (link.send(TAG, PAYLOAD, OPTIONS) === undefined) throw new Error('No credit.');
      }
      flush(server);
      server.receive(disposition);
    });
    sent += MESSAGES;
  };
}

/** A flow, of one link. */
function flowing(): () => void {
  const { server, output } = attached(true);
  for (let i = 0; i < MESSAGES; i++) {
    const windows = { nextIncomingId: 1, incomingWindow: 5_000, nextOutgoingId: 0, outgoingWindow: 5_000 };
    writeFlow(output, 0, {
      ...windows,
      handle: 0,
      deliveryCount: 0,
      linkCredit: 1 + (i % 9),
      available: 0,
      drain: false,
      echo: false,
    });
  }
  const bytes = Buffer.from(output.take() as Buffer);
  return () => measure(() => server.receive(bytes));
}

let spent = 0n;
let allocated = 0;

function measure(work: () => void): void {
  const before = process.memoryUsage().heapUsed;
  const start = process.hrtime.bigint();
  work();
  spent += process.hrtime.bigint() - start;
  // A collection in between makes it negative: that batch is left out.
  const more = process.memoryUsage().heapUsed - before;
  if (more > 0) allocated = allocated === 0 ? more : Math.min(allocated, more);
}

function median(make: () => () => void): Result {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const batch = make();
    for (let i = 0; i < BATCHES; i++) batch();
    [spent, allocated] = [0n, 0];
    for (let i = 0; i < BATCHES; i++) batch();
    return { ns: Number(spent) / (MESSAGES * BATCHES), bytes: allocated / MESSAGES };
  });
  return rounds.toSorted((a, b) => a.ns - b.ns)[Math.floor(ROUNDS / 2)] as Result;
}

console.log('| what, 1 KB a message | ns | heap bytes |\n|---|---|---|');
for (const [name, make] of Object.entries({
  'receive, accept': receiving,
  'send, hear of it': sending,
  flow: flowing,
})) {
  const { ns, bytes } = median(make);
  console.log(`| ${name} | ${Math.round(ns)} | ${Math.round(bytes)} |`);
}
