/** A peer is told that we are there this often within its idle time-out, and looked after as often within ours. */
const LOOKS = 4;

export interface HeartbeatVerdict {
  /** The peer has heard nothing since the last look. */
  readonly isDue: boolean;
  /** Nothing has come from the peer for as long as we allow. */
  readonly isSilent: boolean;
  /** When to look again, in ms. */
  readonly next: number;
}

/** Who is silent, and for how long. It knows the time only from its caller. */
export class Heartbeat {
  readonly #allowed: number;
  readonly #interval: number;
  readonly #beats: boolean;
  #heard = true;
  #spoke = true;
  #lastHeard = 0;

  /**
   * @param allowed ms of silence that we allow
   * @param peerAllows ms of silence that the peer allows; undefined when it does not care
   */
  constructor(allowed: number, peerAllows: number | undefined) {
    this.#allowed = allowed;
    this.#beats = peerAllows !== undefined && peerAllows > 0;
    this.#interval = Math.max(1, Math.floor(Math.min(allowed, this.#beats ? (peerAllows as number) : allowed) / LOOKS));
  }

  heard(): void {
    this.#heard = true;
  }

  spoke(): void {
    this.#spoke = true;
  }

  /** @param now ms of any clock that never goes back */
  look(now: number): HeartbeatVerdict {
    if (this.#heard) this.#lastHeard = now;
    const isDue = this.#beats && !this.#spoke;
    const isSilent = now - this.#lastHeard >= this.#allowed;
    this.#heard = false;
    this.#spoke = false;
    return { isDue, isSilent, next: now + this.#interval };
  }
}
