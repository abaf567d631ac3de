import {
  type Attach,
  type Begin,
  type Detach,
  DISPOSITION,
  type Disposition,
  type End,
  FLOW,
  type Flow,
  TRANSFER,
  type Transfer,
} from '../codec/performatives.js';
import type { Frame } from '../frames/frame-reader.js';
import { DispositionFields, FlowFields, TransferFields } from '../frames/read-hot.js';
import { CONDITION } from './errors.js';
import { SessionEndpoint } from './session-endpoint.js';
import type { SessionPort } from './session-port.js';

/** What is said of a session, and not of the connection. */
type SessionPerformative = Begin | Attach | Detach | Flow | Transfer | Disposition | End;

const CODES = { transfer: TRANSFER.code, flow: FLOW.code, disposition: DISPOSITION.code } as const;

/** The sessions of a connection by their channels: frames find theirs, and one without is a violation. */
export class Channels {
  /** The highest channel. */
  max: number;
  /** Whether a frame is being read: a DecodeError is about what the peer sent, and not the listener's own. */
  isDecoding = false;
  /** Whether a session has something settled that was not said yet. */
  hasDispositions = false;
  readonly #port: SessionPort;
  readonly #fail: (condition: string, description: string) => void;
  readonly #sessions: (SessionEndpoint | undefined)[] = [];
  readonly #transfer = new TransferFields();
  readonly #flow = new FlowFields();
  readonly #disposition = new DispositionFields();

  /** @param fail ends the connection */
  constructor(port: SessionPort, fail: (condition: string, description: string) => void) {
    this.#port = port;
    this.#fail = fail;
    this.max = port.settings.channelMax;
  }

  performative(said: SessionPerformative, frame: Frame): void {
    const { channel, start, end } = frame;
    switch (said.type) {
      case 'begin':
        return this.#begin(channel, said);
      case 'attach':
        return this.#sessionOf(channel)?.attach(said, end - start);
      case 'detach':
        return this.#sessions[channel]?.detach(said);
      case 'end':
        return this.#end(channel, said);
      default:
        return this.hot(CODES[said.type], frame);
    }
  }

  /** The frames there are most of. */
  hot(code: number, { channel, bytes, start, end }: Frame): void {
    const fields = code === TRANSFER.code ? this.#transfer : code === FLOW.code ? this.#flow : this.#disposition;
    this.isDecoding = true;
    fields.read(bytes, start, end);
    this.isDecoding = false;
    const session = this.#sessionOf(channel);
    if (!session) return;
    if (code === TRANSFER.code) session.transfer(this.#transfer, bytes, end);
    else if (code === FLOW.code) session.flow(this.#flow);
    else session.disposition(this.#disposition);
  }

  /** There is room in the output again. */
  resume(): void {
    for (const session of this.#sessions) session?.resume();
  }

  writeDispositions(): void {
    if (!this.hasDispositions) return;
    this.hasDispositions = false;
    for (const session of this.#sessions) session?.writeDispositions();
  }

  /** The connection is gone. */
  forget(): void {
    for (const session of this.#sessions) session?.gone();
    this.#sessions.length = 0;
    this.hasDispositions = false;
  }

  #begin(channel: number, begin: Begin): void {
    if (channel > this.max) {
      return this.#fail(CONDITION.framingError, `Channel ${channel} is above the highest one, ${this.max}.`);
    }
    if (this.#sessions[channel]) return this.#fail(CONDITION.notAllowed, `Channel ${channel} has a session already.`);
    const session = new SessionEndpoint(this.#port, channel, begin);
    this.#sessions[channel] = session;
    this.#port.listener.began(session);
  }

  /** The end of a session that is gone is ignored. */
  #end(channel: number, { error }: End): void {
    const session = this.#sessions[channel];
    if (!session) return;
    this.#sessions[channel] = undefined;
    session.peerEnded(error);
  }

  /** The session of a channel; undefined when there is none, which ends the connection, or one that we have ended. */
  #sessionOf(channel: number): SessionEndpoint | undefined {
    const session = this.#sessions[channel];
    if (session?.isOpen) return session;
    if (!session) {
      const text = `The session channel '${channel}' cannot be found in connection '${this.#port.settings.containerId}'.`;
      this.#fail(CONDITION.notFound, text);
    }
    return undefined;
  }
}
