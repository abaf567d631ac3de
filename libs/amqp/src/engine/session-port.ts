import type { Output } from '../frames/output.js';
import type { LinkNames } from './link-names.js';
import type { Listener } from './listener.js';
import type { Settings } from './settings.js';
import type { Usage } from './usage.js';

/** What a session needs of its connection. */
export interface SessionPort {
  readonly settings: Settings;
  readonly listener: Listener;
  readonly output: Output;
  readonly usage: Usage;
  readonly names: LinkNames;
  /** Bytes of the largest frame that the peer takes. */
  readonly peerMaxFrameSize: number;
  /** Whether the output has room for transfers. */
  readonly hasRoom: boolean;
  /** There are dispositions to write. */
  settled(): void;
}
