import type { Settings } from './settings.js';

type Limits = Pick<Settings, 'maxLinks' | 'maxHeldAttaches' | 'maxJoinedBytes'>;

/** What the peer has taken of its connection's limits, all sessions together. */
export class Usage {
  readonly #limits: Limits;
  #links = 0;
  #heldAttaches = 0;
  #joinedBytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get mayAttach(): boolean {
    return this.#links < this.#limits.maxLinks;
  }

  /** Whether one more attach may wait for its answer. */
  get mayHold(): boolean {
    return this.#heldAttaches < this.#limits.maxHeldAttaches;
  }

  /** Whether there are no more bytes of unfinished messages than there may be. */
  get mayJoin(): boolean {
    return this.#joinedBytes <= this.#limits.maxJoinedBytes;
  }

  /** So many more, or less. */
  addLinks(count: number): void {
    this.#links += count;
  }

  addHeldAttaches(count: number): void {
    this.#heldAttaches += count;
  }

  addJoinedBytes(count: number): void {
    this.#joinedBytes += count;
  }
}
