import type { Draft } from '../codec/composite.js';
import {
  type Attach,
  type Begin,
  type Flow,
  type Open,
  type Performative,
  performative,
  type Transfer,
} from '../codec/performatives.js';
import { SASL_INIT, saslPerformative } from '../codec/sasl-performatives.js';
import type { Described } from '../codec/value.js';
import { ValueReader } from '../codec/value-reader.js';
import { AmqpServer } from '../engine/connection.js';
import type { Delivery, Listener, ReceiverLink, SenderLink, Session } from '../engine/listener.js';
import type { Settings } from '../engine/settings.js';
import { AMQP_FRAME, FrameReader, SASL_FRAME } from '../frames/frame-reader.js';
import { BufferPool, Output } from '../frames/output.js';
import { writeFrame, writeProtocolHeader } from '../frames/write-frame.js';

/** What a server said: the name of a performative with its channel, fields and payload; or a header, or a heartbeat. */
export type Said = { readonly type: string; readonly channel?: number; readonly payload?: string } & Record<
  string,
  unknown
>;

const MAX_FRAME = 65_536;

/** A peer that says what a test tells it to, right or wrong, and reads what the server says. */
export class ScriptPeer {
  readonly server: AmqpServer;
  /** What the server's listener heard, in order. */
  readonly events: (readonly unknown[])[] = [];
  readonly sessions: Session[] = [];
  readonly links: (SenderLink | ReceiverLink)[] = [];
  readonly deliveries: Delivery[] = [];
  /** All that the peer has said. */
  readonly sent: Buffer[] = [];
  readonly #output = new Output(new BufferPool());
  readonly #reader: FrameReader;
  #said: Said[] = [];

  /** @param overrides what the listener does besides noting what it hears */
  constructor(settings: Partial<Settings> = {}, overrides: Partial<Listener> = {}) {
    const note = (...event: unknown[]) => void this.events.push(event);
    const listener: Listener = {
      sasl: (mechanism) => mechanism !== 'PLAIN',
      opened: () => undefined,
      began: (session) => void this.sessions.push(session),
      ended: (_, error) => note('ended', error?.condition),
      attached: (link) => void this.links.push(link),
      detached: (link, closed, error) => note('detached', link.attach.name, closed, error?.condition),
      delivery: (_, delivery) => void this.deliveries.push({ ...delivery, payload: Buffer.from(delivery.payload) }),
      sendable: () => {},
      drain: (link) => link.drained(),
      disposed: (_, id, token, state, settled) => note('disposed', id, token, state?.type, settled),
      closed: (error) => note('closed', error?.condition),
      ...overrides,
    };
    this.server = new AmqpServer({ containerId: 'server', ...settings }, listener);
    this.#reader = new FrameReader(
      {
        header: ({ id }) => void this.#said.push({ type: `header ${id}` }),
        frame: ({ type, channel, bytes, start, end }) => {
          if (start === end) return void this.#said.push({ type: 'heartbeat' });
          const reader = new ValueReader(bytes, start, end);
          const said = (type === SASL_FRAME ? saslPerformative : performative).from(reader.next()) as Said | undefined;
          const payload = bytes.toString('latin1', reader.position, end);
          this.#said.push({ ...(said as Said), channel, ...(said?.type === 'transfer' && { payload }) });
          if (said?.type === 'sasl-outcome') this.#reader.expectHeader();
        },
      },
      MAX_FRAME,
    );
  }

  get link(): SenderLink | ReceiverLink {
    return this.links.at(-1) as SenderLink | ReceiverLink;
  }

  get sender(): SenderLink {
    return this.link as SenderLink;
  }

  get receiver(): ReceiverLink {
    return this.link as ReceiverLink;
  }

  /** Sends a performative as it is, and a payload behind it. */
  send(said: Draft<Performative>, channel = 0, payload = ''): this {
    return this.raw(this.encode(performative.to(said as Performative) as Described, channel, payload));
  }

  encode(body: Described, channel: number, payload = '', type = AMQP_FRAME): Buffer {
    writeFrame(this.#output, type, channel, body, Buffer.from(payload, 'latin1'));
    return this.#output.take() as Buffer;
  }

  header(id: number): this {
    writeProtocolHeader(this.#output, id);
    return this.raw(this.#output.take() as Buffer);
  }

  raw(bytes: Buffer): this {
    this.sent.push(Buffer.from(bytes));
    this.server.receive(bytes);
    return this;
  }

  sasl(mechanism = 'MSSBCBS'): this {
    return this.raw(this.encode(SASL_INIT.to({ mechanism }), 0, '', SASL_FRAME));
  }

  /** All that the server said since the last time. */
  said(): Said[] {
    const piece = this.server.takeOutput();
    if (piece) this.#reader.read(piece);
    const said = this.#said;
    this.#said = [];
    return said;
  }

  /** The names of what the server said. */
  names(): string[] {
    return this.said().map(({ type }) => type);
  }

  open(fields: Omit<Draft<Open>, 'type'> = { containerId: 'peer', maxFrameSize: MAX_FRAME }): this {
    this.header(3)
      .sasl()
      .header(0)
      .send({ type: 'open', ...fields } as Draft<Open>);
    return this;
  }

  begin(fields: Partial<Draft<Begin>> = {}, channel = 0): this {
    const windows = { nextOutgoingId: 0, incomingWindow: 2_048, outgoingWindow: 2_048 };
    return this.send({ ...windows, ...fields, type: 'begin' }, channel);
  }

  attach(fields: Partial<Draft<Attach>> = {}, channel = 0): this {
    const ends = {
      source: { type: 'source', address: 'queue' },
      target: { type: 'target', address: 'queue' },
    } as const;
    return this.send({ name: 'link', handle: 0, role: true, ...ends, ...fields, type: 'attach' }, channel);
  }

  flow(fields: Partial<Draft<Flow>> = {}, channel = 0): this {
    const windows = { nextIncomingId: 1, incomingWindow: 2_048, nextOutgoingId: 0, outgoingWindow: 2_048 };
    return this.send({ ...windows, ...fields, type: 'flow' }, channel);
  }

  transfer(fields: Partial<Draft<Transfer>>, payload = 'x', channel = 0): this {
    return this.send({ handle: 0, ...fields, type: 'transfer' }, channel, payload);
  }
}
