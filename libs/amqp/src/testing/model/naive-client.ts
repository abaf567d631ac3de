import assert from 'node:assert/strict';
import { CONDITION } from '../../engine/errors.js';
import type { Link, ReceiverLink, SenderLink } from '../../engine/listener.js';
import { ScriptPeer } from '../script-peer.js';
import { DownLink, UpLink } from './naive-links.js';
import { type NaiveLink, NaiveSession, WINDOW } from './naive-session.js';

const MAX_FRAME = 512;
const CHANNELS = 2;

/**
 * A client that does whatever is legal and counts naively: maps, sets, and numbers that never begin anew. What the
 * server says and does must agree with it after each step.
 */
export class NaiveClient {
  readonly peer: ScriptPeer;
  readonly sessions: (NaiveSession | undefined)[] = Array.from({ length: CHANNELS });
  /** Links that are over on both sides: whatever is done to them changes nothing. */
  readonly dead: Link[] = [];
  /** Deliveries that the server must have got, and has not been asked for yet. */
  readonly sent: { readonly id: number; readonly text: string }[] = [];
  readonly #heard: (readonly unknown[])[] = [];

  constructor() {
    this.peer = new ScriptPeer({ incomingWindow: WINDOW }, { drain: () => {} });
    this.peer.open({ containerId: 'peer', maxFrameSize: MAX_FRAME }).names();
  }

  begin(channel: number, first: bigint, window: number): void {
    const heard = (...event: readonly unknown[]) => void this.#heard.push(event);
    this.sessions[channel] = new NaiveSession(this.peer, heard, channel, first, window);
  }

  /** Attaches a link, and so steals its name from another of its direction, if there is one. */
  attach(session: NaiveSession, handle: number, role: boolean, name: string): void {
    for (const other of this.sessions) {
      for (const link of other?.links.values() ?? []) {
        const isTaken = link.role === role && link.link.attach.name === name && link.phase !== 'ending';
        if (isTaken) other?.detached(link, CONDITION.stolen);
      }
    }
    const fields = { name, handle, role, initialDeliveryCount: role ? undefined : Number(session.first) };
    this.peer.attach(fields, session.channel);
    const { link } = this.peer;
    const naive = role
      ? new DownLink(link as SenderLink, handle)
      : new UpLink(link as ReceiverLink, handle, session.first);
    session.links.set(handle, naive);
  }

  detach(session: NaiveSession, link: NaiveLink): void {
    session.clientDetaches(link);
    this.dead.push(link.link);
  }

  end(session: NaiveSession): void {
    this.bury(session);
    if (!session.isEnding) session.ended();
    this.peer.send({ type: 'end' }, session.channel);
    this.check();
    this.sessions[session.channel] = undefined;
  }

  bury(session: NaiveSession): void {
    for (const link of session.links.values()) this.dead.push(link.link);
  }

  /** What the listener must hear besides. */
  heard(...event: readonly unknown[]): void {
    this.#heard.push(event);
  }

  /** What was said and heard since the last step, and what there is now, must be what the client has counted. */
  check(): void {
    for (const said of this.peer.said()) {
      const session = this.sessions[said.channel as number];
      assert(session, `A ${said.type} came on a channel that is not begun.`);
      session.said(said);
    }
    assert.deepEqual(this.peer.events.splice(0), this.#heard.splice(0));
    const came = this.peer.deliveries.splice(0).map(({ id, payload }) => ({ id, text: payload.toString() }));
    assert.deepEqual(came, this.sent.splice(0));
    for (const session of this.sessions) session?.check();
  }
}
