import assert from 'node:assert/strict';
import type { ReceiverLink, SenderLink } from '../../engine/listener.js';
import type { Said } from '../script-peer.js';

/** What is left of a number without end on the wire. */
export const uint32 = (value: bigint): number => Number(BigInt.asUintN(32, value));
const least = (value: bigint): number => (value < 0n ? 0 : Number(value));

/** `ending` is a link that the server has detached, and the client has not yet. */
type Phase = 'held' | 'attached' | 'ending';

/** A link on which the server sends, as its client counts: from zero, without end. */
export class DownLink {
  readonly role = true;
  readonly link: SenderLink;
  readonly handle: number;
  phase: Phase = 'held';
  /** The delivery-count, and what of it the client has seen: it takes its time to read. */
  count = 0n;
  seen = 0n;
  /** The delivery-count that the client has allowed last. */
  limit = 0n;
  isWhole = true;

  constructor(link: SenderLink, handle: number) {
    this.link = link;
    this.handle = handle;
  }

  allow(credit: number): void {
    this.limit = this.seen + BigInt(credit);
  }

  /** @returns whether a delivery begins by this frame */
  transferred({ deliveryId, more }: Said): boolean {
    assert.equal(this.phase, 'attached');
    assert.equal(deliveryId !== undefined, this.isWhole, 'A delivery-id comes with the first frame, and only with it.');
    const begins = this.isWhole;
    this.isWhole = !more;
    if (!begins) return false;
    assert(this.count < this.limit, 'A delivery came without credit.');
    this.count++;
    return true;
  }

  /** The server has no more to send: what it is allowed is used up without deliveries. */
  drain(): void {
    if (this.phase === 'attached' && this.isWhole && this.limit > this.count) this.count = this.limit;
    this.link.drained();
  }

  flowed({ deliveryCount, linkCredit }: Said): void {
    assert.equal(this.phase, 'attached');
    assert.equal(deliveryCount, uint32(this.count));
    assert.equal(linkCredit, least(this.limit - this.count));
  }

  check(hasWindow: boolean): void {
    assert.equal(this.link.isAttached, this.phase === 'attached');
    if (this.phase === 'ending') return;
    assert.equal(this.link.credit, least(this.limit - this.count));
    assert(this.isWhole || !hasWindow, 'The rest of a message waits although there is a window.');
    assert.equal(this.link.canSend, this.phase === 'attached' && this.link.credit > 0 && hasWindow && this.isWhole);
  }
}

/** A link on which the client sends. */
export class UpLink {
  readonly role = false;
  readonly link: ReceiverLink;
  readonly handle: number;
  phase: Phase = 'held';
  readonly #firstCount: bigint;
  #count = 0n;
  allowance = 0;
  credit = 0;
  /** Bytes of the largest message; 0 for any. */
  maxSize = 0;
  /** What the server says of deliveries that begin after it has detached. */
  refusal: 'rejected' | 'released' | undefined;
  unfinished: { readonly id: bigint; settled: boolean; text: string } | undefined;
  /** Deliveries that came whole and that nobody has settled. */
  readonly unsettled = new Set<bigint>();
  /** Deliveries that took credit, when the last step was over. */
  #taken = 0;

  constructor(link: ReceiverLink, handle: number, firstCount: bigint) {
    this.link = link;
    this.handle = handle;
    this.#firstCount = firstCount;
  }

  get taken(): number {
    return this.unsettled.size + (this.unfinished ? 1 : 0);
  }

  /** Whether a message of this text is more than the link takes. */
  isTooLarge(text: string): boolean {
    return this.maxSize > 0 && text.length > this.maxSize;
  }

  get mayBegin(): boolean {
    return this.phase !== 'held' && !this.unfinished && this.credit > 0;
  }

  begin(id: bigint, settled: boolean): void {
    this.#count++;
    this.credit--;
    this.unfinished = { id, settled, text: '' };
  }

  /** In the middle of a step a flow may say what lies between the states before and after it. */
  flowed({ deliveryCount, linkCredit }: Said): void {
    assert.equal(this.phase, 'attached');
    assert.equal(deliveryCount, uint32(this.#firstCount + this.#count));
    const [low, high] = [Math.min(this.taken, this.#taken), Math.max(this.taken, this.#taken)];
    const credit = linkCredit as number;
    assert(credit >= Math.max(0, this.allowance - high) && credit <= Math.max(0, this.allowance - low));
    this.credit = credit;
  }

  check(): void {
    this.#taken = this.taken;
    assert.equal(this.link.isAttached, this.phase === 'attached');
    if (this.phase !== 'attached') return;
    assert.equal(this.link.credit, this.credit);
    const due = Math.max(1, Math.min(100, Math.floor((this.allowance * 2) / 3)));
    assert(this.allowance - this.taken - this.credit < due, 'Credit does not come back.');
  }
}
