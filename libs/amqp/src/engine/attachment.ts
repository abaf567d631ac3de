import type { Draft } from '../codec/composite.js';
import { ATTACH, type Attach, DETACH } from '../codec/performatives.js';
import type { ErrorDraft } from './errors.js';
import type { LinkPort } from './link-port.js';
import type { AttachAnswer } from './listener.js';

/** What a link's two ends have agreed on: `held` until the attach is answered, `ending` until the peer detaches too. */
export type LinkState = 'held' | 'attached' | 'ending' | 'gone';

/** The attach and detach of one link: what senders and receivers have in common. */
export class Attachment {
  readonly #port: LinkPort;
  /** What the peer said. */
  readonly attach: Attach;
  readonly #bytes: number;
  #state: LinkState = 'held';

  /** @param bytes how many the attach has */
  constructor(port: LinkPort, attach: Attach, bytes: number) {
    this.#port = port;
    this.attach = attach;
    this.#bytes = bytes;
    port.usage.addLink(bytes);
    port.usage.addHeldAttaches(1);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** @returns false when there is nothing to answer any more */
  accept(answer: AttachAnswer): boolean {
    if (this.state !== 'held') return false;
    this.#enter('attached');
    const { attach } = this;
    this.#answer({
      source: answer.source ?? attach.source,
      target: answer.target ?? attach.target,
      // Of the one who sends; Azure leaves it out when it receives.
      initialDeliveryCount: attach.role ? 0 : undefined,
      maxMessageSize: answer.maxMessageSize,
      properties: answer.properties,
    });
    return true;
  }

  /** Answers without source and target, then detaches. Nothing happens when there is nothing to answer any more. */
  refuse(error: ErrorDraft): void {
    if (this.state === 'held') this.detach(true, error);
  }

  /** Ends an attached link, or refuses one. @returns false when it has ended */
  detach(closed: boolean, error: ErrorDraft | undefined): boolean {
    if (this.state !== 'held' && this.state !== 'attached') return false;
    if (this.state === 'held') this.#answer({ initialDeliveryCount: this.attach.role ? 0 : undefined });
    this.#writeDetach(closed, error);
    this.#enter('ending');
    return true;
  }

  /** The peer detached: answers unless that was an answer. @returns whether the link ends by this */
  peerDetached(closed: boolean): boolean {
    const ends = this.detach(closed, undefined);
    this.gone();
    return ends;
  }

  /** Its session has ended. */
  gone(): void {
    this.#enter('gone');
  }

  #enter(state: LinkState): void {
    const { usage, names } = this.#port;
    if (this.#state === 'held') usage.addHeldAttaches(-1);
    if (state !== 'attached') names.free(this.attach);
    if (state === 'gone') usage.removeLink(this.#bytes);
    this.#state = state;
  }

  #answer(fields: Draft<Attach> | Omit<Draft<Attach>, 'type'>): void {
    const { name, handle, role } = this.attach;
    // Absent settle modes read as defaults, and are echoed as null.
    const own = (key: 'sndSettleMode' | 'rcvSettleMode') =>
      Object.hasOwn(this.attach, key) ? this.attach[key] : undefined;
    const modes = { sndSettleMode: own('sndSettleMode'), rcvSettleMode: own('rcvSettleMode') };
    this.#port.write(ATTACH.to({ ...fields, name, handle, role: !role, ...modes }));
  }

  #writeDetach(closed: boolean, error: ErrorDraft | undefined): void {
    this.#port.write(DETACH.to({ handle: this.attach.handle, closed, error }));
  }
}
