import { performative } from '../codec/performatives.js';
import { saslPerformative } from '../codec/sasl-performatives.js';
import { ValueReader } from '../codec/value-reader.js';
import { FrameReader, SASL_FRAME } from '../frames/frame-reader.js';

/**
 * Reads what a server says and throws when it is wrong: no frame, too large, on a channel or handle that it has not
 * begun or has given up, or behind its close.
 */
export class Monitor {
  readonly #reader: FrameReader;
  /** Handles that are attached, by channel that is begun. */
  readonly #sessions = new Map<number, Set<number>>();
  #isClosed = false;
  frames = 0;

  constructor(maxFrameSize: number) {
    this.#reader = new FrameReader(
      {
        header: ({ id }) => {
          if (id !== 0 && id !== 3) throw new Error(`There is no protocol ${id}.`);
        },
        frame: ({ type, channel, bytes, start, end }) => {
          this.frames++;
          if (this.#isClosed) throw new Error('The server said something after its close.');
          if (start === end) return;
          const value = new ValueReader(bytes, start, end).next();
          if (type !== SASL_FRAME) return this.#check(channel, performative.from(value) as never);
          if (saslPerformative.from(value)?.type === 'sasl-outcome') this.#reader.expectHeader();
        },
      },
      maxFrameSize,
    );
  }

  read(bytes: Buffer | undefined): void {
    if (bytes) this.#reader.read(bytes);
  }

  #check(channel: number, said: { type: string; handle?: number }): void {
    const handles = this.#sessions.get(channel);
    if (said.type === 'open') return;
    if (said.type === 'close') this.#isClosed = true;
    else if (said.type === 'begin') this.#begin(channel, handles);
    else if (!handles) throw new Error(`A ${said.type} came on channel ${channel}, which is not begun.`);
    else if (said.type === 'end') this.#sessions.delete(channel);
    else if (said.handle !== undefined) this.#checkHandle(handles, said.type, said.handle);
  }

  #begin(channel: number, handles: Set<number> | undefined): void {
    if (handles) throw new Error(`Channel ${channel} was begun twice.`);
    this.#sessions.set(channel, new Set());
  }

  #checkHandle(handles: Set<number>, type: string, handle: number): void {
    if ((type === 'attach') === handles.has(handle)) {
      throw new Error(`A ${type} came for handle ${handle} at the wrong time.`);
    }
    if (type === 'attach') handles.add(handle);
    if (type === 'detach') handles.delete(handle);
  }
}
