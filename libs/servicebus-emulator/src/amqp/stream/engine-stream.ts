import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { AmqpServer } from '@orderflow/amqp';
import { ClientPause } from './client-pause.js';

/** What is gathered leaves at once when it is so much, in bytes. */
const FLUSH_BEYOND = 64 * 1024;
/** Bytes a slow reader may leave unread before it gets no more. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** How long a client may take to answer a goodbye, in ms. */
const GOODBYE_PATIENCE = 500;

export interface EngineStreamPorts {
  /** Told once when the stream is closed, by whichever side. */
  readonly closed: () => void;
  /** Told of an error that is a defect of the broker; the stream is destroyed. */
  readonly failed: (error: unknown) => void;
}

/**
 * Moves bytes between an engine and its client: a plain socket, one with TLS, or what is inside a WebSocket. Frames are
 * gathered, and written in one piece when the client pauses: a system call a frame is a quarter of what a delivery
 * costs, and a client that streams has its answers together instead of one for every few messages.
 */
export class EngineStream {
  readonly #stream: Duplex;
  readonly #engine: AmqpServer;
  readonly #ports: EngineStreamPorts;
  /** Other streams than plain sockets may keep what they are given. */
  readonly #givesBack: boolean;
  readonly #pause = new ClientPause(() => this.#paused());
  /** Whether the client sent something since the last look, and nothing was written since. */
  #isUnanswered = false;
  /** The empty frame that is about to be written waits for no pause. */
  #isAnsweringSilence = false;
  /** Answers that are on their way: what they say is being stored. */
  #owed = 0;
  #pieces = 0;
  #answerCheck: NodeJS.Immediate | undefined;
  #ticks: NodeJS.Timeout | undefined;
  #goodbye: NodeJS.Timeout | undefined;

  /** @param stream connected already */
  constructor(stream: Duplex, engine: AmqpServer, ports: EngineStreamPorts) {
    this.#stream = stream;
    this.#engine = engine;
    this.#ports = ports;
    this.#givesBack = stream instanceof Socket && !(stream instanceof TLSSocket);
    stream.on('data', (chunk: Buffer) => this.#input(chunk));
    stream.on('drain', () => this.#drained());
    stream.on('end', () => this.#guarded(() => engine.inputEnded()));
    stream.once('close', () => this.#closed());
    this.tick();
  }

  /** Pieces of output that were written. */
  get pieces(): number {
    return this.#pieces;
  }

  /** Whether the client has hung up: what it is sent from now on it cannot settle. */
  get isGone(): boolean {
    return this.#stream.destroyed || this.#stream.readableEnded;
  }

  /** The engine has output where it had none. */
  outputBegan(): void {
    if (this.#isAnsweringSilence) return;
    this.#isUnanswered = false;
    this.#pause.await();
  }

  /** Something is being stored for the client, and answered after that, see {@link paid}. */
  owe(): void {
    this.#owed++;
  }

  /** It is stored; where that brought no answer, an empty frame is due. */
  paid(): void {
    this.#owed--;
    if (this.#owed === 0 && this.#isUnanswered) this.#answerCheck ??= setImmediate(() => this.#answerSilence());
  }

  /** Writes what is gathered if that is much. */
  relieve(): void {
    if (this.#engine.pending > FLUSH_BEYOND) this.#flush();
  }

  /** Looks at the time, and plans the next look. To be called when the engine has learned how often it must. */
  tick(): void {
    clearTimeout(this.#ticks);
    const next = this.#engine.tick(performance.now());
    if (next === undefined) return;
    this.#ticks = setTimeout(() => this.#guarded(() => this.tick()), next - performance.now()).unref();
  }

  /** Ends without a goodbye, as a network does. */
  destroy(): void {
    this.#stream.destroy();
  }

  #input(chunk: Buffer): void {
    this.#pause.inputCame(chunk.length);
    this.#isUnanswered = true;
    this.#guarded(() => this.#engine.receive(chunk));
    if (this.#pause.isAwaited) this.#isUnanswered = false;
    else this.#answerCheck ??= setImmediate(() => this.#answerSilence());
  }

  /**
   * Answers a client whose input brought no answer with an empty frame: its next bytes may wait for our acknowledgement
   * (Nagle's algorithm), which the kernel delays by 40 ms when we have nothing to say. One that converses waits for our
   * answer itself, where that is on its way.
   */
  #answerSilence(): void {
    this.#answerCheck = undefined;
    if (!this.#isUnanswered || (this.#owed > 0 && this.#pause.converses)) return;
    this.#isAnsweringSilence = true;
    this.#engine.beat();
    this.#isAnsweringSilence = false;
    this.#flush();
  }

  /** @returns whether there is more for the next pause */
  #paused(): boolean {
    this.#flush();
    return this.#engine.hasOutput;
  }

  #flush(): void {
    const piece = this.#engine.takeOutput();
    if (piece && this.#stream.writable) this.#write(piece);
    const { state } = this.#engine;
    if (state === 'closed') this.#end();
    // The wait begins as the goodbye leaves: a broker that is held up in between must not cut it off.
    else if (state === 'closing') this.#hangUpSoon();
  }

  #write(piece: Buffer): void {
    this.#isUnanswered = false;
    this.#pieces++;
    this.#stream.write(piece);
    const { writableLength } = this.#stream;
    if (writableLength === 0 && this.#givesBack) this.#engine.giveBack(piece);
    if (writableLength > MAX_UNREAD_BYTES) this.#engine.holdOutput();
  }

  #drained(): void {
    this.#guarded(() => this.#engine.resumeOutput());
  }

  /** All is said: the client may read it, and then there is an end. */
  #end(): void {
    if (!this.#stream.writableEnded) this.#stream.end();
    this.#hangUpSoon();
  }

  #hangUpSoon(): void {
    if (!this.#stream.destroyed) this.#goodbye ??= setTimeout(() => this.destroy(), GOODBYE_PATIENCE);
  }

  #closed(): void {
    clearTimeout(this.#ticks);
    clearTimeout(this.#goodbye);
    clearImmediate(this.#answerCheck);
    this.#guarded(() => this.#engine.inputEnded());
    this.#ports.closed();
  }

  /** What a client sends throws nothing: an error is the broker's own, and the end of this client alone. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#ports.failed(error);
      this.destroy();
    }
  }
}
