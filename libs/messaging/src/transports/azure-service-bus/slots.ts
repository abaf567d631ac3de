/**
 * The places of a subscription for deliveries that are handled at the same time. A receiver that attached again, or
 * one that takes over from another, brings up to a whole limit of messages beside those in hand: they wait here.
 */
export class Slots {
  readonly #waiting: ((admitted: boolean) => void)[] = [];
  #limit: number;
  #taken = 0;
  #roomWaiters: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  get taken(): number {
    return this.#taken;
  }

  get hasRoom(): boolean {
    return this.#taken < this.#limit;
  }

  /** Waits for a slot. False when there will be none: the limit is 0. */
  take(): Promise<boolean> {
    if (this.#limit === 0) return Promise.resolve(false);
    if (!this.hasRoom) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#taken += 1;
    return Promise.resolve(true);
  }

  free(): void {
    this.#taken -= 1;
    this.#admit();
  }

  /** Sets how many may be taken, 0 or more. What was taken stays so; at 0 whoever waits is turned away. */
  setLimit(limit: number): void {
    this.#limit = limit;
    if (limit === 0) for (const turnAway of this.#waiting.splice(0)) turnAway(false);
    this.#admit();
  }

  /** Resolves once a slot is free. */
  async room(): Promise<void> {
    if (!this.hasRoom) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  #admit(): void {
    while (this.hasRoom) {
      const admit = this.#waiting.shift();
      if (admit === undefined) break;
      this.#taken += 1;
      admit(true);
    }
    if (this.hasRoom) for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }
}
