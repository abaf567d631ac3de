import { advance } from '../serial.js';

/** How many transfer frames a peer may still send on a session. Numbers only. */
export class IncomingWindow {
  readonly size: number;
  /** The id of the transfer that comes next. */
  nextId: number;
  /** Frames that the peer may send before the window is restated. */
  left: number;

  /** @param nextId what the peer's begin says */
  constructor(size: number, nextId: number) {
    this.size = size;
    this.nextId = nextId;
    this.left = size;
  }

  /** A transfer came. @returns false when the peer was not allowed to send it */
  take(): boolean {
    if (this.left === 0) return false;
    this.left--;
    this.nextId = advance(this.nextId, 1);
    return true;
  }

  /** Whether so much is used that the peer should hear of it. */
  get isHalfUsed(): boolean {
    return this.left * 2 <= this.size;
  }

  /** A flow tells the peer that the whole window is open again. */
  restate(): void {
    this.left = this.size;
  }
}
