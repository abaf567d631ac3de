import { DecodeError } from '../codec/decode-error.js';
import type { Open } from '../codec/performatives.js';
import type { AmqpError } from '../codec/states.js';
import { AMQP_FRAME, type Frame, FrameReader, type ProtocolHeader } from '../frames/frame-reader.js';
import { FramingError } from '../frames/framing-error.js';
import { BufferPool, Output } from '../frames/output.js';
import { hotCode } from '../frames/read-hot.js';
import { writeHeartbeat } from '../frames/write-frame.js';
import { Channels } from './channels.js';
import {
  answerHeader,
  readPerformative,
  type State,
  writeClose,
  writeOpen,
  writeOwnHeader,
} from './connection-frames.js';
import { amqpError, CONDITION, type ErrorDraft } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { LinkNames } from './link-names.js';
import type { Listener } from './listener.js';
import { readInit, writeOutcome } from './sasl.js';
import type { SessionPort } from './session-port.js';
import { DEFAULTS, MAX_FRAME_BEFORE_OPEN, MIN_MAX_FRAME_SIZE, type Settings } from './settings.js';
import { Usage } from './usage.js';
import { silent } from './violations.js';

const sharedPool = new BufferPool();

/** The server's side of one AMQP 1.0 connection. What comes goes in by {@link receive}, what is to go out {@link takeOutput} gives. */
export class AmqpServer implements SessionPort {
  readonly settings: Settings;
  readonly listener: Listener;
  /** @internal */
  readonly output: Output;
  /** @internal */
  readonly usage: Usage;
  /** @internal */
  readonly names = new LinkNames();
  /** @internal */
  peerMaxFrameSize = MIN_MAX_FRAME_SIZE;
  readonly #reader: FrameReader;
  readonly #channels: Channels;
  #heartbeat: Heartbeat;
  #state: State = 'header';
  #isHeld = false;
  /** Whether a DecodeError is about what the peer sent, and not the listener's own. */
  #isDecoding = false;

  constructor(
    settings: Pick<Settings, 'containerId'> & Partial<Settings>,
    listener: Listener,
    pool: BufferPool = sharedPool,
  ) {
    this.settings = { maxSessionLinks: settings.handleMax ?? DEFAULTS.handleMax, ...DEFAULTS, ...settings };
    this.listener = listener;
    this.output = new Output(pool, () => listener.output?.());
    this.usage = new Usage(this.settings);
    this.#channels = new Channels(this, (condition, description) => this.#fail(condition, description));
    this.#heartbeat = new Heartbeat(this.settings.idleTimeOut, undefined);
    this.#reader = new FrameReader(
      { header: (header) => this.#header(header), frame: (frame) => this.#frame(frame) },
      MAX_FRAME_BEFORE_OPEN,
    );
  }

  get state(): 'handshake' | 'open' | 'closing' | 'closed' {
    const state = this.#state;
    return state === 'open' || state === 'closing' || state === 'closed' ? state : 'handshake';
  }

  /** Bytes came. Whatever they are, nothing is thrown but what the listener throws. */
  receive(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#heartbeat.heard();
    try {
      this.#reader.read(chunk);
    } catch (error) {
      const isPeers =
        error instanceof FramingError ||
        ((this.#isDecoding || this.#channels.isDecoding) && error instanceof DecodeError);
      if (!isPeers) throw error;
      this.#isDecoding = false;
      this.#channels.isDecoding = false;
      this.#fail(error.condition, error.message);
    }
  }

  /** The peer will send nothing any more. */
  inputEnded(): void {
    this.#finish(undefined);
  }

  /** Whether {@link takeOutput} would give something. */
  get hasOutput(): boolean {
    return this.#channels.hasDispositions || this.output.pending > 0;
  }

  /** Bytes of output that are written, dispositions not counted that {@link takeOutput} would write. */
  get pending(): number {
    return this.output.pending;
  }

  /** All that is to be sent, in one piece; undefined when there is nothing. */
  takeOutput(): Buffer | undefined {
    this.#channels.writeDispositions();
    const wasFull = this.output.pending >= this.settings.highWaterMark;
    const piece = this.output.take();
    if (piece) this.#heartbeat.spoke();
    if (wasFull && !this.#isHeld) this.resumeOutput();
    return piece;
  }

  /** A piece was sent and nobody uses its memory any more. Optional, and saves memory. */
  giveBack(piece: Buffer): void {
    this.output.giveBack(piece);
  }

  /** The way to the peer is full: no link is told that it may send until {@link resumeOutput}. */
  holdOutput(): void {
    this.#isHeld = true;
  }

  resumeOutput(): void {
    this.#isHeld = false;
    this.#channels.resume();
  }

  /**
   * Sends a heartbeat when it is due, and closes a connection whose peer is silent. To be called once the connection
   * is there, once it is open (only then it is known what the peer bears), and whenever the time is reached that it
   * answered.
   * @param now ms of any clock that never goes back
   * @returns when to call it again; undefined when that is not needed any more
   */
  tick(now: number): number | undefined {
    if (this.#state === 'closed') return undefined;
    const { isDue, isSilent, next } = this.#heartbeat.look(now);
    if (isSilent) {
      this.#failWith(silent(this.settings.idleTimeOut, this.settings.containerId));
      return undefined;
    }
    if (isDue) this.beat();
    return next;
  }

  /** Sends an empty frame, for a peer that waits to hear anything at all. */
  beat(): void {
    if (this.#state === 'open') writeHeartbeat(this.output);
  }

  /** Closes the connection; `closed` comes when the peer has closed too. */
  close(error?: ErrorDraft): void {
    if (this.state === 'handshake') return this.#giveUp(error, false);
    if (this.#state !== 'open') return;
    this.#writeClose(error);
    this.#state = 'closing';
    this.#channels.forget();
  }

  /** @internal */
  get hasRoom(): boolean {
    return !this.#isHeld && this.output.pending < this.settings.highWaterMark;
  }

  /** @internal */
  settled(): void {
    if (this.#channels.hasDispositions) return;
    this.#channels.hasDispositions = true;
    if (this.output.pending === 0) this.listener.output?.();
  }

  #header(header: ProtocolHeader): void {
    const next = answerHeader(this.output, header, this.#state, this.settings);
    if (next) this.#state = next;
    else this.#failWith(undefined);
  }

  #frame(frame: Frame): void {
    if (this.#state === 'sasl') this.#sasl(frame);
    else if (frame.type !== AMQP_FRAME) {
      this.#fail(CONDITION.framingError, 'A SASL frame came where an AMQP frame belongs.');
    } else if (frame.start !== frame.end) this.#performative(frame);
  }

  #sasl(frame: Frame): void {
    this.#isDecoding = true;
    const { mechanism, response } = readInit(frame);
    this.#isDecoding = false;
    const isGood = this.settings.mechanisms.includes(mechanism) && this.listener.sasl(mechanism, response);
    if (this.#state !== 'sasl') return;
    writeOutcome(this.output, isGood);
    this.#state = 'authenticated';
    if (isGood) this.#reader.expectHeader();
    else this.#finish(undefined);
  }

  #performative(frame: Frame): void {
    const { bytes, start, end } = frame;
    const code = this.#state === 'open' ? hotCode(bytes, start, end) : 0;
    if (code !== 0) return this.#channels.hot(code, frame);
    this.#isDecoding = true;
    const said = readPerformative(frame);
    this.#isDecoding = false;
    if (said.type === 'close') return this.#peerClosed(said.error);
    if (this.#state === 'closing') return;
    if (said.type === 'open') return this.#open(said);
    if (this.#state !== 'open') return this.#fail(CONDITION.notAllowed, `An open was expected, not a ${said.type}.`);
    this.#channels.performative(said, frame);
  }

  #open(open: Open): void {
    if (this.#state !== 'opening') return this.#fail(CONDITION.notAllowed, 'The connection is open already.');
    const { maxFrameSize, channelMax, idleTimeOut } = this.settings;
    this.peerMaxFrameSize = Math.max(MIN_MAX_FRAME_SIZE, Math.min(maxFrameSize, open.maxFrameSize));
    this.#reader.maxFrameSize = this.peerMaxFrameSize;
    this.#channels.max = Math.min(channelMax, open.channelMax);
    this.#heartbeat = new Heartbeat(idleTimeOut, open.idleTimeOut);
    this.#writeOpen();
    this.#state = 'open';
    const refusal = this.listener.opened(open);
    if (refusal) this.close(refusal);
  }

  #peerClosed(error: AmqpError | undefined): void {
    if (this.#state === 'open') this.#writeClose(undefined);
    this.#finish(error);
  }

  #fail(condition: string, description: string): void {
    this.#failWith(amqpError(condition, description));
  }

  /** Ends the connection as far as it has come: before the peer's header with ours, which says what we speak. */
  #failWith(error: ErrorDraft | undefined): void {
    this.#giveUp(error, true);
  }

  #giveUp(error: ErrorDraft | undefined, isViolation: boolean): void {
    const state = this.#state;
    writeOwnHeader(this.output, state, this.settings);
    if (state === 'opening') this.#writeOpen();
    if (state === 'opening' || state === 'open') this.#writeClose(error);
    this.#finish(error, isViolation);
  }

  #finish(error: AmqpError | ErrorDraft | undefined, isViolation = false): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#reader.stop();
    this.#channels.forget();
    this.listener.closed(error, isViolation);
  }

  #writeOpen(): void {
    writeOpen(this.output, this.settings, this.#reader.maxFrameSize, this.#channels.max);
  }

  #writeClose(error: ErrorDraft | undefined): void {
    this.#channels.writeDispositions();
    writeClose(this.output, error);
  }
}
