import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  AMQP_FRAME,
  BufferPool,
  type Attach,
  type Described,
  type Draft,
  FrameReader,
  Output,
  type Performative,
  performative,
  SASL_FRAME,
  SASL_INIT,
  saslPerformative,
  ValueReader,
  writeFrame,
  writeProtocolHeader,
} from '@orderflow/amqp';

const MAX_FRAME = 65_536;
const SASL = 3;
const AMQP = 0;

/** What the broker said: a performative with its fields and payload, a header, or a heartbeat. */
export type Said = { readonly type: string; readonly payload?: Buffer } & Record<string, unknown>;

/** A client that sends the frames a test tells it to, and shows the broker's as they came. */
export class FrameClient {
  readonly socket: Socket;
  /** All that the broker said and nobody has asked for yet, in order. */
  readonly said: Said[] = [];
  readonly #output = new Output(new BufferPool());
  readonly #reader: FrameReader;
  #arrived: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#reader = new FrameReader(
      {
        header: ({ id }) => void this.said.push({ type: `header ${id}` }),
        frame: ({ type, bytes, start, end }) => {
          if (start === end) return void this.said.push({ type: 'heartbeat' });
          const reader = new ValueReader(bytes, start, end);
          const said = (type === SASL_FRAME ? saslPerformative : performative).from(reader.next()) as unknown as Said;
          if (said.type === 'sasl-outcome') this.#reader.expectHeader();
          this.said.push({ ...said, payload: Buffer.from(bytes.subarray(reader.position, end)) });
        },
      },
      MAX_FRAME,
    );
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#reader.read(chunk);
      this.#arrived?.();
    });
  }

  /** A socket that has said nothing. */
  static async connect(port: number): Promise<FrameClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new FrameClient(socket);
  }

  /** A client with one session, on channel 0. @param idleTimeOut ms of silence that it bears */
  static async open(port: number, idleTimeOut?: number): Promise<FrameClient> {
    const client = await FrameClient.connect(port);
    client
      .header(SASL)
      .frame(SASL_INIT.to({ mechanism: 'ANONYMOUS' }), SASL_FRAME)
      .header(AMQP);
    client.send({ type: 'open', containerId: 'frame-client', maxFrameSize: MAX_FRAME, idleTimeOut });
    client.send({ type: 'begin', nextOutgoingId: 0, incomingWindow: 2_048, outgoingWindow: 2_048 });
    await client.next('begin');
    return client;
  }

  header(id: number): this {
    writeProtocolHeader(this.#output, id);
    return this.#write();
  }

  frame(body: Described, type = AMQP_FRAME, payload?: Buffer): this {
    writeFrame(this.#output, type, 0, body, payload);
    return this.#write();
  }

  send(said: Draft<Performative>, payload?: Buffer): this {
    return this.frame(performative.to(said as Performative) as Described, AMQP_FRAME, payload);
  }

  /** Attaches a link; both ends have the same address unless it is said. @param role true to receive */
  attach(name: string, handle: number, role: boolean, address: string, fields: Partial<Draft<Attach>> = {}): this {
    const ends = { source: { type: 'source', address }, target: { type: 'target', address } } as const;
    return this.send({ type: 'attach', name, handle, role, initialDeliveryCount: 0, ...ends, ...fields });
  }

  /** Gives a link credit. */
  credit(handle: number, linkCredit: number): this {
    const windows = { nextIncomingId: 1, incomingWindow: 2_048, nextOutgoingId: 0, outgoingWindow: 2_048 };
    return this.send({ type: 'flow', ...windows, handle, deliveryCount: 0, linkCredit });
  }

  /** The next that the broker says of a type; what came before it is forgotten. The test times out without one. */
  async next(type: string): Promise<Said> {
    for (;;) {
      const at = this.said.findIndex((one) => one.type === type);
      if (at >= 0) return this.said.splice(0, at + 1).at(-1) as Said;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  #write(): this {
    this.socket.write(this.#output.take() as Buffer);
    return this;
  }
}
