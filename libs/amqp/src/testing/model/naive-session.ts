import assert from 'node:assert/strict';
import type { ErrorDraft } from '../../engine/errors.js';
import type { Session } from '../../engine/listener.js';
import type { Said, ScriptPeer } from '../script-peer.js';
import { type DownLink, uint32, type UpLink } from './naive-links.js';

export type NaiveLink = DownLink | UpLink;

/** What a step must make the server's listener hear. */
export type Heard = (...event: readonly unknown[]) => void;

/** Transfer frames that the server takes before it says so again. */
export const WINDOW = 8;

/** A session as its client counts, and what the server must answer it. */
export class NaiveSession {
  readonly channel: number;
  readonly session: Session;
  readonly links = new Map<number, NaiveLink>();
  /** True once the server has ended it, and the client has not yet. */
  isEnding = false;
  readonly first: bigint;
  /** Frames that the server has sent, that the client has seen of them, and that it allowed last. */
  sentFrames = 0n;
  seenFrames = 0n;
  frameLimit: bigint;
  sentDeliveries = 0n;
  /** Unsettled deliveries of the server, by id. */
  readonly down = new Map<bigint, DownLink>();
  /** The same for what the client sends. */
  ownFrames = 0n;
  ownLimit = BigInt(WINDOW);
  ownDeliveries = 0n;
  /** What the server must say before the step is over: dispositions by role and id, and frames. */
  readonly awaited = new Set<string>();
  readonly #peer: ScriptPeer;
  readonly #heard: Heard;

  /** @param first the client's first transfer-id and delivery-count; its delivery-ids begin one later */
  constructor(peer: ScriptPeer, heard: Heard, channel: number, first: bigint, window: number) {
    this.#peer = peer;
    this.#heard = heard;
    this.channel = channel;
    this.first = first;
    this.frameLimit = BigInt(window);
    this.awaited.add('begin');
    peer.begin({ nextOutgoingId: uint32(first), incomingWindow: window }, channel);
    this.session = peer.sessions.at(-1) as Session;
  }

  ownId(delivery: bigint): number {
    return uint32(this.first + 1n + delivery);
  }

  /** The client reads what there is. */
  see(): void {
    this.seenFrames = this.sentFrames;
    for (const link of this.links.values()) if (link.role) link.seen = link.count;
  }

  /** A link is over, by whichever side: its deliveries go with it. */
  forget(link: NaiveLink): void {
    if (link.role) for (const [id, owner] of this.down) if (owner === link) this.down.delete(id);
    if (!link.role) link.unsettled.clear();
  }

  /** The server answers a detach, or detaches by itself; a held link is answered first. */
  detached(link: NaiveLink, error?: string, isReported = true): void {
    if (link.phase === 'held') this.awaited.add(`attach ${link.handle}`);
    this.awaited.add(`detach ${link.handle}`);
    if (isReported) this.#heard('detached', link.link.attach.name, true, error);
    link.phase = 'ending';
    if (!link.role) link.refusal = error ? 'rejected' : 'released';
    this.forget(link);
  }

  clientDetaches(link: NaiveLink): void {
    if (link.phase !== 'ending') this.detached(link);
    this.links.delete(link.handle);
    this.#peer.send({ type: 'detach', handle: link.handle, closed: true }, this.channel);
  }

  serverDetaches(link: NaiveLink, error: ErrorDraft): void {
    if (link.phase === 'ending') return;
    this.detached(link, error.condition);
    link.link.detach(error);
  }

  /** @param error why, when the server ends it */
  ended(error?: ErrorDraft): void {
    this.awaited.add('end');
    this.#heard('ended', error?.condition);
    for (const link of this.links.values()) this.forget(link);
    this.links.clear();
    this.isEnding = true;
  }

  said(said: Said): void {
    const { type, handle } = said;
    if (type === 'transfer') this.#transferred(said);
    else if (type === 'flow') this.#flowed(said);
    else if (type === 'disposition') this.#disposed(said);
    else this.#expect(handle === undefined ? type : `${type} ${String(handle)}`);
  }

  check(): void {
    assert.deepEqual([...this.awaited], [], 'The server did not say what it must.');
    let unsettled = this.down.size;
    for (const link of this.links.values()) {
      if (!link.role) unsettled += link.unsettled.size;
      if (link.role) link.check(this.frameLimit > this.sentFrames);
      else link.check();
    }
    assert.equal(this.session.unsettled, unsettled);
    assert.equal(this.session.isOpen, !this.isEnding);
  }

  #expect(what: string): void {
    assert(this.awaited.delete(what), `The server said '${what}' for no reason.`);
  }

  #transferred(said: Said): void {
    const link = this.links.get(said['handle'] as number);
    assert(link?.role && this.sentFrames < this.frameLimit, 'A transfer came beyond the window.');
    this.sentFrames++;
    if (!link.transferred(said)) return;
    assert.equal(said['deliveryId'], uint32(this.sentDeliveries));
    if (!said['settled']) this.down.set(this.sentDeliveries, link);
    this.sentDeliveries++;
  }

  #flowed(said: Said): void {
    assert.equal(said['nextIncomingId'], uint32(this.first + this.ownFrames));
    assert.equal(said['incomingWindow'], WINDOW);
    assert.equal(said['nextOutgoingId'], uint32(1n + this.sentFrames));
    const left = this.frameLimit - this.sentFrames;
    assert.equal(said['outgoingWindow'], left < 0n ? 0 : Number(left));
    this.ownLimit = this.ownFrames + BigInt(WINDOW);
    if (said['handle'] === undefined) return;
    const link = this.links.get(said['handle'] as number);
    assert(link, 'A flow came for a link that is gone.');
    link.flowed(said);
  }

  #disposed({ role, first, last = first, settled, state }: Said): void {
    assert.equal(settled, true);
    for (let id = first as number; ; id = (id + 1) >>> 0) {
      this.#expect(`disposition ${String(role)} ${id} ${(state as { type: string }).type}`);
      if (id === last) return;
    }
  }
}
