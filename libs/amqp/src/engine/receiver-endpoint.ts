import type { Draft } from '../codec/composite.js';
import type { Attach } from '../codec/performatives.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from '../frames/field-cursor.js';
import type { TransferFields } from '../frames/read-hot.js';
import { advance } from '../serial.js';
import { Attachment } from './attachment.js';
import { amqpError, CONDITION, type ErrorDraft } from './errors.js';
import type { IncomingDeliveries } from './incoming-deliveries.js';
import type { LinkPort } from './link-port.js';
import type { AttachAnswer, ReceiverLink, Session } from './listener.js';

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

/** Our end of a link on which the peer sends. */
export class ReceiverEndpoint implements ReceiverLink {
  readonly role = 'receiver';
  readonly #port: LinkPort;
  readonly #deliveries: IncomingDeliveries;
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
  /** One that is larger than the link allows; nothing of it is kept. */
  #tooLarge: Unfinished | undefined;
  /** What is said of deliveries that come after the link's end. */
  #refusal: Draft<DeliveryState> = { type: 'released' };

  /** @param bytes how many the attach has */
  constructor(port: LinkPort, deliveries: IncomingDeliveries, attach: Attach, bytes: number) {
    this.#port = port;
    this.#deliveries = deliveries;
    this.#attachment = new Attachment(port, attach, bytes);
    this.#deliveryCount = attach.initialDeliveryCount ?? 0;
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

  accept(credit: number, answer: AttachAnswer = {}): void {
    if (!this.#attachment.accept(answer)) return;
    this.#maxMessageSize = Number(answer.maxMessageSize ?? 0n);
    this.grant(credit);
  }

  refuse(error: ErrorDraft): void {
    this.#attachment.refuse(error);
  }

  detach(error?: ErrorDraft): void {
    this.#port.writeDispositions();
    if (this.#attachment.detach(true, error)) this.#ended(true, error);
  }

  grant(credit: number): void {
    if (!this.isAttached) return;
    this.#allowance = credit;
    this.writeFlow();
  }

  settle(id: number, state: Draft<DeliveryState>): void {
    if (this.#deliveries.settle(id, this, state)) this.#settled();
  }

  writeFlow(): void {
    this.#credit = Math.max(0, this.#allowance - this.#unsettled);
    this.#owed = 0;
    this.#port.writeLinkFlow(this.attach.handle, this.#deliveryCount, this.#credit, false);
  }

  /** The peer asks for a flow. */
  echo(): void {
    if (this.isAttached) this.writeFlow();
  }

  peerDetached(closed: boolean, error: ErrorDraft | undefined): void {
    this.#port.writeDispositions();
    if (this.#attachment.peerDetached(closed)) this.#ended(closed, error);
  }

  /** The peer settled a delivery by itself. */
  peerSettled(): void {
    this.#settled();
  }

  /** The session or the connection is gone. */
  gone(): void {
    this.#attachment.gone();
    this.#forgetUnfinished();
  }

  /** A transfer came that the session's window allowed. */
  transfer(fields: TransferFields, bytes: Buffer, end: number): void {
    if (!this.isAttached) return this.#late(fields);
    const begun = this.#tooLarge ?? this.#unfinished;
    if (!begun && !this.#begin(fields)) return;
    const part = bytes.subarray(fields.payload, end);
    const isWhole = !begun && !fields.more && !fields.aborted && !this.#isTooLarge(part.length);
    if (isWhole) this.#deliver(fields.deliveryId, formatOf(fields), fields.settled, fields.state, part);
    else this.#join(begun ?? newUnfinished(fields), fields, part);
  }

  /** A frame of a message that has several, or is not taken. */
  #join(unfinished: Unfinished, fields: TransferFields, part: Buffer): void {
    if (fields.deliveryId !== NONE && fields.deliveryId !== unfinished.id) {
      const text = `Delivery ${unfinished.id} is not complete, yet a transfer of delivery ${fields.deliveryId} came.`;
      return this.#port.end(amqpError(CONDITION.notAllowed, text));
    }
    unfinished.settled ||= fields.settled;
    unfinished.state ??= fields.state;
    if (fields.aborted) return this.#aborted();
    if (this.#isTooLarge(unfinished.size + part.length)) return this.#pass(unfinished, part.length, fields.more);
    if (fields.more) this.#keep(unfinished, part);
    else this.#complete(unfinished, part);
  }

  /**
   * What was on its way as we ended the link is answered: whoever sent it learns that it was not taken, where a peer
   * that settles by link alone would wait.
   */
  #late(fields: TransferFields): void {
    const begins = this.#deliveries.pass(fields.deliveryId);
    if (this.#attachment.state === 'held') this.#violated(CONDITION.transferLimitExceeded, this.#noCredit(fields));
    else if (begins && !fields.settled) this.#deliveries.refuse(fields.deliveryId, this.#refusal);
  }

  /** The first frame of a delivery. @returns false when that was a violation */
  #begin(fields: TransferFields): boolean {
    const problem = this.#deliveries.begin(fields.deliveryId);
    if (problem) this.#port.end(amqpError(CONDITION.notAllowed, problem));
    else if (this.#credit === 0) this.#violated(CONDITION.transferLimitExceeded, this.#noCredit(fields));
    else {
      this.#credit--;
      this.#unsettled++;
      this.#deliveryCount = advance(this.#deliveryCount, 1);
      return true;
    }
    return false;
  }

  #isTooLarge(size: number): boolean {
    return this.#maxMessageSize > 0 && size > this.#maxMessageSize;
  }

  /**
   * Part of a message that is too large: only counted. The message is rejected once its size is known; a peer that
   * wants no answer learns it by the end of the link.
   */
  #pass(unfinished: Unfinished, more: number, isMore: boolean): void {
    const size = unfinished.size + more;
    this.#forgetUnfinished();
    unfinished.parts.length = 0;
    unfinished.size = size;
    if (isMore) {
      this.#tooLarge = unfinished;
      return;
    }
    this.#tooLarge = undefined;
    const { id, settled } = unfinished;
    const text = `The received message (delivery-id:${id}, size:${size} bytes) exceeds the limit (${this.#maxMessageSize} bytes) currently allowed on the link.`;
    if (settled) return this.#violated(CONDITION.messageSizeExceeded, text);
    this.#deliveries.refuse(id, { type: 'rejected', error: amqpError(CONDITION.messageSizeExceeded, text) });
    this.#settled();
  }

  #keep(unfinished: Unfinished, part: Buffer): void {
    this.#unfinished = unfinished;
    unfinished.parts.push(Buffer.from(part));
    unfinished.size += part.length;
    this.#port.usage.addJoinedBytes(part.length);
    if (this.#port.usage.mayJoin) return;
    this.#violated(CONDITION.resourceLimitExceeded, 'The connection has too many bytes of unfinished messages.');
  }

  #complete({ id, format, settled, state, parts, size }: Unfinished, part: Buffer): void {
    this.#forgetUnfinished();
    const payload = parts.length === 0 ? part : Buffer.concat([...parts, part], size + part.length);
    this.#deliver(id, format, settled, state, payload);
  }

  #deliver(id: number, format: number, settled: boolean, state: DeliveryState | undefined, payload: Buffer): void {
    if (!settled) this.#deliveries.add(id, this);
    this.#port.listener.delivery(this, { id, format, settled, state, payload });
    if (settled) this.#settled();
  }

  #aborted(): void {
    this.#forgetUnfinished();
    this.#tooLarge = undefined;
    this.#settled();
  }

  #forgetUnfinished(): void {
    if (this.#unfinished) this.#port.usage.addJoinedBytes(-this.#unfinished.size);
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

  #violated(condition: string, text: string): void {
    this.detach(amqpError(condition, text));
  }

  #ended(closed: boolean, error: ErrorDraft | undefined): void {
    this.#forgetUnfinished();
    if (error) this.#refusal = { type: 'rejected', error };
    this.#port.linkEnded(this, closed, error);
  }
}

const formatOf = ({ messageFormat }: TransferFields): number => Math.max(0, messageFormat);

function newUnfinished(fields: TransferFields): Unfinished {
  const { deliveryId: id, settled, state } = fields;
  return { id, format: formatOf(fields), settled, state, parts: [], size: 0 };
}
