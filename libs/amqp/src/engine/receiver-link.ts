import type { Draft } from '../codec/composite.js';
import type { Attach } from '../codec/performatives.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from '../frames/field-cursor.js';
import type { TransferFields } from '../frames/read-hot.js';
import { advance } from '../serial.js';
import { Attachment, type AttachAnswer } from './attachment.js';
import { amqpError, CONDITION, type ErrorDraft } from './errors.js';
import type { Session } from './session.js';

/** Settled deliveries after which the peer hears of its new credit, at most. */
const MAX_OWED = 100;

/** A message whose frames have not all come. */
interface Unfinished {
  readonly id: number;
  readonly format: number;
  settled: boolean;
  state: DeliveryState | undefined;
  readonly parts: Buffer[];
  size: number;
}

/** A link on which the peer sends. Its credit comes back as its deliveries are settled. */
export class ReceiverLink {
  readonly role = 'receiver';
  readonly #attachment: Attachment;
  #allowance = 0;
  #credit = 0;
  /** Deliveries that have begun to come and are not settled. */
  #unsettled = 0;
  /** Settled, and not said in a flow yet. */
  #owed = 0;
  #deliveryCount: number;
  #maxMessageSize = 0;
  #unfinished: Unfinished | undefined;

  constructor(session: Session, attach: Attach) {
    this.#attachment = new Attachment(session, attach);
    this.#deliveryCount = attach.initialDeliveryCount ?? 0;
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

  /** Deliveries that the peer may begin. */
  get credit(): number {
    return this.#credit;
  }

  /** Answers the attach; the peer may have so many unsettled deliveries on the link. */
  accept(credit: number, answer: AttachAnswer = {}): void {
    if (!this.#attachment.accept(answer)) return;
    this.#maxMessageSize = Number(answer.maxMessageSize ?? 0n);
    this.grant(credit);
  }

  refuse(error: ErrorDraft): void {
    this.#attachment.refuse(error);
  }

  detach(error?: ErrorDraft): void {
    this.session.writeDispositions();
    if (this.#attachment.detach(true, error)) this.#ended(true, error);
  }

  /** The peer may have so many unsettled deliveries from now on. */
  grant(credit: number): void {
    if (!this.isAttached) return;
    this.#allowance = credit;
    this.writeFlow();
  }

  /** Says what became of a delivery. Nothing happens when it is settled, or gone. */
  settle(id: number, state: Draft<DeliveryState>): void {
    if (this.session.settleIncoming(this, id, state)) this.#settled();
  }

  /** @internal */
  writeFlow(): void {
    this.#credit = Math.max(0, this.#allowance - this.#unsettled);
    this.#owed = 0;
    this.session.writeLinkFlow(this.attach.handle, this.#deliveryCount, this.#credit, false, false);
  }

  /** @internal The peer asks for a flow. */
  echo(): void {
    if (this.isAttached) this.writeFlow();
  }

  /** @internal */
  peerDetached(closed: boolean, error: ErrorDraft | undefined): void {
    this.session.writeDispositions();
    if (this.#attachment.peerDetached(closed)) this.#ended(closed, error);
  }

  /** @internal The peer settled a delivery by itself. */
  peerSettled(): void {
    this.#settled();
  }

  /** @internal The session or the connection is gone. */
  gone(): void {
    this.#attachment.state = 'gone';
    this.#forgetUnfinished();
  }

  /** @internal A transfer came that the session's window allowed. */
  transfer(fields: TransferFields, bytes: Buffer, end: number): void {
    if (!this.isAttached) {
      this.session.passIncoming(fields.deliveryId);
      if (this.#attachment.state === 'held') this.#violated(CONDITION.transferLimitExceeded, this.#noCredit(fields));
      return;
    }
    const unfinished = this.#unfinished ?? this.#begin(fields);
    if (!unfinished) return;
    if (fields.deliveryId !== NONE && fields.deliveryId !== unfinished.id) {
      const text = `Delivery ${unfinished.id} is not complete, yet a transfer of delivery ${fields.deliveryId} came.`;
      return this.session.end(amqpError(CONDITION.notAllowed, text));
    }
    unfinished.settled ||= fields.settled;
    unfinished.state ??= fields.state;
    if (fields.aborted) return this.#aborted();
    const part = bytes.subarray(fields.payload, end);
    if (!this.#hasRoom(unfinished, part.length)) return;
    if (fields.more) this.#keep(unfinished, part);
    else this.#complete(unfinished, part);
  }

  /** The first frame of a delivery. @returns undefined when that was a violation */
  #begin(fields: TransferFields): Unfinished | undefined {
    const { deliveryId: id, settled, state } = fields;
    if (!this.session.beginIncoming(id)) return undefined;
    if (this.#credit === 0) return this.#violated(CONDITION.transferLimitExceeded, this.#noCredit(fields));
    this.#credit--;
    this.#unsettled++;
    this.#deliveryCount = advance(this.#deliveryCount, 1);
    return { id, format: Math.max(0, fields.messageFormat), settled, state, parts: [], size: 0 };
  }

  #hasRoom(unfinished: Unfinished, more: number): boolean {
    const size = unfinished.size + more;
    if (this.#maxMessageSize > 0 && size > this.#maxMessageSize) {
      const text = `The received message (delivery-id:${unfinished.id}, size:${size} bytes) exceeds the limit (${this.#maxMessageSize} bytes) currently allowed on the link.`;
      this.#violated(CONDITION.messageSizeExceeded, text);
      return false;
    }
    return true;
  }

  #keep(unfinished: Unfinished, part: Buffer): void {
    this.#unfinished = unfinished;
    unfinished.parts.push(Buffer.from(part));
    unfinished.size += part.length;
    if (this.session.joined(part.length)) return;
    this.#violated(CONDITION.resourceLimitExceeded, 'The connection has too many bytes of unfinished messages.');
  }

  #complete({ id, format, settled, state, parts, size }: Unfinished, part: Buffer): void {
    this.#forgetUnfinished();
    const payload = parts.length === 0 ? part : Buffer.concat([...parts, part], size + part.length);
    if (!settled) this.session.addIncoming(this, id);
    this.session.listener.delivery(this, { id, format, settled, state, payload });
    if (settled) this.#settled();
  }

  #aborted(): void {
    this.#forgetUnfinished();
    this.#settled();
  }

  #forgetUnfinished(): void {
    if (this.#unfinished) this.session.joined(-this.#unfinished.size);
    this.#unfinished = undefined;
  }

  /** A delivery is settled: its credit comes back. */
  #settled(): void {
    if (!this.isAttached) return;
    this.#unsettled--;
    this.#owed++;
    const due = Math.max(1, Math.min(MAX_OWED, Math.floor((this.#allowance * 2) / 3)));
    if (this.#owed >= due) this.writeFlow();
  }

  #noCredit({ deliveryId }: TransferFields): string {
    return `There is no link credit to accept the delivery (id=${deliveryId}).`;
  }

  #violated(condition: string, text: string): undefined {
    this.detach(amqpError(condition, text));
  }

  #ended(closed: boolean, error: ErrorDraft | undefined): void {
    this.#forgetUnfinished();
    this.session.linkEnded(this, closed, error);
  }
}
