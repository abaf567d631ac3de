import type { Output } from '../frames/output.js';
import type { Listener } from './listener.js';
import type { Settings } from './settings.js';

/** What a session needs of its connection. */
export interface SessionPort {
  readonly settings: Settings;
  readonly listener: Listener;
  readonly output: Output;
  /** Bytes of the largest frame that the peer takes. */
  readonly peerMaxFrameSize: number;
  /** Whether the output has room for transfers. */
  readonly hasRoom: boolean;
  /** So many bytes of unfinished messages more, or less. @returns false when that is too many */
  joined(bytes: number): boolean;
  /** There are dispositions to write. */
  settled(): void;
}
