import { advance, distance } from '../serial.js';

/** How many transfer frames we may still send on a session. Numbers only. */
export class OutgoingWindow {
  readonly #firstId: number;
  #sent = 0;
  /** The id of the transfer that goes next. */
  nextId: number;
  /** Frames that the peer still takes: up to 2³²−1, so not a serial number. */
  left: number;

  /** @param left what the peer's begin says of its incoming window */
  constructor(firstId: number, left: number) {
    this.#firstId = firstId;
    this.nextId = firstId;
    this.left = left;
  }

  /** A transfer goes; {@link left} must not be 0. */
  take(): void {
    this.left--;
    this.#sent++;
    this.nextId = advance(this.nextId, 1);
  }

  /**
   * The peer says which transfer it expects next, and how many from there on. What is under way counts against it; a
   * window that was made smaller than that is 0. A peer that has not seen our begin may count from an id of its own:
   * no more is under way than was sent.
   * @param expected undefined before the peer has seen our begin
   * @returns false when it expects one that was never sent
   */
  update(expected: number | undefined, window: number): boolean {
    const underWay = distance(expected ?? this.#firstId, this.nextId);
    if (underWay < 0) return false;
    this.left = Math.max(0, window - Math.min(underWay, this.#sent));
    return true;
  }
}
