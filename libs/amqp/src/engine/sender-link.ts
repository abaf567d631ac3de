import type { Draft } from '../codec/composite.js';
import type { Attach } from '../codec/performatives.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from '../frames/field-cursor.js';
import type { FlowFields } from '../frames/read-hot.js';
import { advance, distance } from '../serial.js';
import { Attachment, type AttachAnswer } from './attachment.js';
import type { ErrorDraft } from './errors.js';
import type { Session } from './session.js';

export interface SendOptions {
  /** True when no answer is wanted. */
  readonly settled: boolean;
  readonly format: number;
  readonly batchable: boolean;
  /** Given back with what the peer says of the delivery. */
  readonly token: unknown;
}

/** A message that has left only in part: the session's window was used up. */
interface Rest {
  readonly id: number;
  readonly tag: Uint8Array;
  readonly payload: Uint8Array;
  readonly options: SendOptions;
  sent: number;
}

/** A link on which we send, as far as the peer's credit goes. */
export class SenderLink {
  readonly role = 'sender';
  readonly #attachment: Attachment;
  #credit = 0;
  #deliveryCount = 0;
  #rest: Rest | undefined;
  /** Whether the peer wants its credit used up. */
  #drains = false;

  constructor(session: Session, attach: Attach) {
    this.#attachment = new Attachment(session, attach);
  }

  get session(): Session {
    return this.#attachment.session;
  }

  /** What the peer said. */
  get attach(): Attach {
    return this.#attachment.attach;
  }

  get isAttached(): boolean {
    return this.#attachment.state === 'attached';
  }

  /** Deliveries that the peer still takes. */
  get credit(): number {
    return this.#credit;
  }

  /** Whether {@link send} would send. */
  get canSend(): boolean {
    return this.isAttached && this.#credit > 0 && !this.#rest && this.session.canTransfer;
  }

  /** Answers the attach. What the peer gave of credit meanwhile counts from now on. */
  accept(answer: AttachAnswer = {}): void {
    if (!this.#attachment.accept(answer)) return;
    this.offer();
  }

  refuse(error: ErrorDraft): void {
    this.#attachment.refuse(error);
  }

  detach(error?: ErrorDraft): void {
    this.session.writeDispositions();
    if (this.#attachment.detach(true, error)) this.#ended(true, error);
  }

  /**
   * Sends a message. Its bytes must not change until it has left: the session's window may let it go in parts.
   * @param tag at most 32 bytes, unique among what is unsettled on the link
   * @returns its delivery-id; undefined when there is no {@link canSend}
   */
  send(tag: Uint8Array, payload: Uint8Array, options: SendOptions): number | undefined {
    if (!this.canSend) return undefined;
    const id = this.session.beginOutgoing(this, options);
    this.#credit--;
    this.#deliveryCount = advance(this.#deliveryCount, 1);
    this.#rest = { id, tag, payload, options, sent: 0 };
    while (this.continue());
    return id;
  }

  /** All is sent that there was: the peer's credit is used up. */
  drained(): void {
    if (!this.isAttached || this.#rest) return;
    this.#deliveryCount = advance(this.#deliveryCount, this.#credit);
    this.#credit = 0;
    this.session.writeLinkFlow(this.attach.handle, this.#deliveryCount, 0, true, false);
  }

  /** Settles what the peer said the outcome of, and left to us to settle. Nothing happens when that has been done. */
  settle(id: number, state: Draft<DeliveryState>): void {
    this.session.settleOutgoing(this, id, state);
  }

  /** @internal The peer gives credit. */
  flow({ deliveryCount, linkCredit, drain }: FlowFields): void {
    if (linkCredit === NONE) return;
    const underWay = distance(deliveryCount === NONE ? 0 : deliveryCount, this.#deliveryCount);
    this.#credit = Math.max(0, linkCredit - underWay);
    this.#drains = drain;
  }

  /** @internal Offers the listener what there is. */
  offer(): void {
    if (this.canSend) this.session.listener.sendable(this);
    if (!this.#drains || !this.isAttached || this.#rest) return;
    this.#drains = false;
    this.session.listener.drain(this);
  }

  /** @internal The peer asks for a flow. */
  echo(): void {
    if (!this.isAttached) return;
    this.session.writeLinkFlow(this.attach.handle, this.#deliveryCount, this.#credit, false, false);
  }

  /** @internal Writes the next frame of what has not left wholly. @returns whether there is more, and a window for it */
  continue(): boolean {
    const rest = this.#rest;
    if (!rest || !this.session.hasWindow) return false;
    rest.sent = this.session.writeTransfer(this.attach.handle, rest);
    if (rest.sent < rest.payload.length) return true;
    this.#rest = undefined;
    return false;
  }

  /** @internal */
  peerDetached(closed: boolean, error: ErrorDraft | undefined): void {
    this.session.writeDispositions();
    if (this.#attachment.peerDetached(closed)) this.#ended(closed, error);
  }

  /** @internal The session or the connection is gone. */
  gone(): void {
    this.#attachment.state = 'gone';
    this.#rest = undefined;
  }

  #ended(closed: boolean, error: ErrorDraft | undefined): void {
    this.#rest = undefined;
    this.session.linkEnded(this, closed, error);
  }
}
