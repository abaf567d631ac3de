import type { Draft } from '../codec/composite.js';
import type { Attach } from '../codec/performatives.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from '../frames/field-cursor.js';
import type { FlowFields } from '../frames/read-hot.js';
import { advance, distance } from '../serial.js';
import { Attachment } from './attachment.js';
import type { ErrorDraft } from './errors.js';
import type { LinkPort } from './link-port.js';
import type { AttachAnswer, SenderLink, SendOptions, Session } from './listener.js';
import type { Leaving, OutgoingDeliveries } from './outgoing-deliveries.js';

/** Our end of a link on which we send. */
export class SenderEndpoint implements SenderLink {
  readonly role = 'sender';
  readonly #port: LinkPort;
  readonly #deliveries: OutgoingDeliveries;
  readonly #attachment: Attachment;
  #credit = 0;
  #deliveryCount = 0;
  /** A message that has left only in part: the session's window was used up, or the output full. */
  #rest: Leaving | undefined;
  /** Whether the peer wants its credit used up. */
  #drains = false;

  /** @param bytes how many the attach has */
  constructor(port: LinkPort, deliveries: OutgoingDeliveries, attach: Attach, bytes: number) {
    this.#port = port;
    this.#deliveries = deliveries;
    this.#attachment = new Attachment(port, attach, bytes);
  }

  get session(): Session {
    return this.#port;
  }

  get attach(): Attach {
    return this.#attachment.attach;
  }

  get isAttached(): boolean {
    return this.#attachment.state === 'attached';
  }

  get credit(): number {
    return this.#credit;
  }

  get canSend(): boolean {
    return this.isAttached && this.#credit > 0 && !this.#rest && this.#deliveries.canWrite;
  }

  get unfinished(): unknown {
    return this.#rest?.options.token;
  }

  accept(answer: AttachAnswer = {}): void {
    if (!this.#attachment.accept(answer)) return;
    this.offer();
  }

  refuse(error: ErrorDraft): void {
    this.#attachment.refuse(error);
  }

  detach(error?: ErrorDraft): void {
    this.#port.writeDispositions();
    if (this.#attachment.detach(true, error)) this.#ended(true, error);
  }

  send(tag: Uint8Array, payload: Uint8Array, options: SendOptions): number | undefined {
    if (!this.canSend) return undefined;
    const id = this.#deliveries.begin(this, options);
    this.#credit--;
    this.#deliveryCount = advance(this.#deliveryCount, 1);
    if (this.#deliveries.fitsFrame(tag, payload)) {
      this.#deliveries.writeWhole(this.attach.handle, id, tag, payload, options);
      return id;
    }
    this.#rest = { id, tag: Buffer.from(tag), payload: Buffer.from(payload), options, sent: 0 };
    while (this.continue());
    return id;
  }

  drained(): void {
    if (!this.isAttached || this.#rest) return;
    this.#deliveryCount = advance(this.#deliveryCount, this.#credit);
    this.#credit = 0;
    this.#port.writeLinkFlow(this.attach.handle, this.#deliveryCount, 0, true);
  }

  settle(id: number, state: Draft<DeliveryState>): void {
    this.#deliveries.settle(id, this, state);
  }

  /** The peer gives credit. */
  flow({ deliveryCount, linkCredit, drain }: FlowFields): void {
    if (linkCredit === NONE) return;
    const underWay = distance(deliveryCount === NONE ? 0 : deliveryCount, this.#deliveryCount);
    this.#credit = Math.max(0, linkCredit - underWay);
    this.#drains = drain;
  }

  /** Offers the listener what there is. */
  offer(): void {
    if (this.canSend) this.#port.listener.sendable(this);
    if (!this.#drains || !this.isAttached || this.#rest) return;
    this.#drains = false;
    this.#port.listener.drain(this);
  }

  /** The peer asks for a flow. */
  echo(): void {
    if (!this.isAttached) return;
    this.#port.writeLinkFlow(this.attach.handle, this.#deliveryCount, this.#credit, false);
  }

  /** Writes the next frame of what has not left wholly. @returns whether there is more, and may be room for it */
  continue(): boolean {
    const rest = this.#rest;
    if (!rest || !this.isAttached || !this.#deliveries.canWrite) return false;
    if (!this.#deliveries.writeNext(this.attach.handle, rest)) return true;
    this.#rest = undefined;
    return false;
  }

  peerDetached(closed: boolean, error: ErrorDraft | undefined): void {
    this.#port.writeDispositions();
    if (this.#attachment.peerDetached(closed)) this.#ended(closed, error);
  }

  /** The session or the connection is gone. */
  gone(): void {
    this.#attachment.gone();
  }

  #ended(closed: boolean, error: ErrorDraft | undefined): void {
    this.#port.linkEnded(this, closed, error);
  }
}
