import type { Settings } from './settings.js';

type Limits = Pick<Settings, 'maxLinks' | 'maxHeldAttaches' | 'maxAttachBytes' | 'maxJoinedBytes'>;

/** What the peer has taken of its connection's limits, all sessions together. */
export class Usage {
  readonly #limits: Limits;
  #links = 0;
  #heldAttaches = 0;
  #attachBytes = 0;
  #joinedBytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get mayAttach(): boolean {
    return this.#links < this.#limits.maxLinks;
  }

  /** Whether an attach of so many bytes may be kept besides the others. */
  mayKeep(bytes: number): boolean {
    return this.#attachBytes + bytes <= this.#limits.maxAttachBytes;
  }

  /** Whether one more attach may wait for its answer. */
  get mayHold(): boolean {
    return this.#heldAttaches < this.#limits.maxHeldAttaches;
  }

  /** Whether there are no more bytes of unfinished messages than there may be. */
  get mayJoin(): boolean {
    return this.#joinedBytes <= this.#limits.maxJoinedBytes;
  }

  /** One more link, whose attach has so many bytes. */
  addLink(attachBytes: number): void {
    this.#links++;
    this.#attachBytes += attachBytes;
  }

  removeLink(attachBytes: number): void {
    this.#links--;
    this.#attachBytes -= attachBytes;
  }

  /** So many more, or less. */
  addHeldAttaches(count: number): void {
    this.#heldAttaches += count;
  }

  addJoinedBytes(count: number): void {
    this.#joinedBytes += count;
  }
}
