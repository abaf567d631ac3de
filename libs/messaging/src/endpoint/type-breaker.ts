/** `open` and `half-open`: messages of the type run one at a time; `half-open`: the next one decides. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerOptions {
  /** Failures in a row that open it, 1 to 1,000. Default 5. */
  readonly failures: number;
  /** How long it stays open in ms, 1 to 3,600,000. Default 30,000. */
  readonly openMs: number;
}

/**
 * The breaker of one message type. Pure state: time (in ms, never back) is a parameter. It decides how many messages of
 * the type run at a time and nothing else: no message fails because of it.
 */
export class TypeBreaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #openUntil: number | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  state(now: number): BreakerState {
    if (this.#openUntil === undefined) return 'closed';
    return now < this.#openUntil ? 'open' : 'half-open';
  }

  /** How long it stays open, in ms; 0 when it is not. */
  openFor(now: number): number {
    return Math.max(0, (this.#openUntil ?? now) - now);
  }

  /** A message failed by itself; true when that opened the breaker, or opened it again. */
  failed(now: number): boolean {
    this.#failures += 1;
    const opens =
      this.state(now) === 'half-open' || (this.state(now) === 'closed' && this.#failures >= this.#options.failures);
    if (opens) this.#openUntil = now + this.#options.openMs;
    return opens;
  }

  /** A message was handled; true when that closed the breaker. While it is open, one success proves nothing. */
  succeeded(now: number): boolean {
    if (this.state(now) === 'open') return false;
    this.#failures = 0;
    const closes = this.#openUntil !== undefined;
    this.#openUntil = undefined;
    return closes;
  }
}
