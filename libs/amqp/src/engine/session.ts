import type { Draft } from '../codec/composite.js';
import { type Attach, type Begin, BEGIN, type Detach, END } from '../codec/performatives.js';
import type { DeliveryState } from '../codec/states.js';
import type { Described } from '../codec/value.js';
import { NONE } from '../frames/field-cursor.js';
import { AMQP_FRAME } from '../frames/frame-reader.js';
import type { Output } from '../frames/output.js';
import type { DispositionFields, FlowFields, TransferFields } from '../frames/read-hot.js';
import { writeFrame } from '../frames/write-frame.js';
import { writeFlow, writeTransfer } from '../frames/write-hot.js';
import { advance } from '../serial.js';
import { Dispositions } from './dispositions.js';
import { amqpError, CONDITION, type ErrorDraft } from './errors.js';
import { IncomingWindow } from './incoming-window.js';
import type { Listener } from './listener.js';
import { OutgoingWindow } from './outgoing-window.js';
import { ReceiverLink } from './receiver-link.js';
import { SenderLink, type SendOptions } from './sender-link.js';
import type { Settings } from './settings.js';
import { Unsettled } from './unsettled.js';

/** Azure's first transfer-id; its delivery-ids begin at 0. */
const FIRST_OUTGOING_ID = 1;
/** All of a transfer frame but payload and tag, at most. Bytes. */
const TRANSFER_OVERHEAD = 48;

/** What a session needs of its connection. */
export interface SessionPort {
  readonly settings: Settings;
  readonly listener: Listener;
  readonly output: Output;
  /** Bytes of the largest frame that the peer takes. */
  readonly peerMaxFrameSize: number;
  /** Whether the output has room for transfers. */
  readonly hasRoom: boolean;
  /** So many bytes of unfinished messages more, or less. @returns false when that is too many */
  joined(bytes: number): boolean;
  /** There are dispositions to write. */
  settled(): void;
}

type Link = SenderLink | ReceiverLink;

interface Sent {
  readonly link: SenderLink;
  readonly token: unknown;
}

/** One session: its links by handle, both windows, and the deliveries that are unsettled. */
export class Session {
  /** The channel, of both directions. */
  readonly channel: number;
  readonly #port: SessionPort;
  readonly #incoming: IncomingWindow;
  readonly #outgoing: OutgoingWindow;
  readonly #links: (Link | undefined)[] = [];
  readonly #received = new Unsettled<ReceiverLink>();
  readonly #sent = new Unsettled<Sent>();
  readonly #receivedDispositions: Dispositions;
  readonly #sentDispositions: Dispositions;
  #nextReceivedId: number | undefined;
  #nextSentId = 0;
  /** Where the ring of senders goes on. */
  #turn = 0;
  #state: 'open' | 'ending' | 'ended' = 'open';

  constructor(port: SessionPort, channel: number, begin: Begin) {
    this.#port = port;
    this.channel = channel;
    this.#incoming = new IncomingWindow(port.settings.incomingWindow, begin.nextOutgoingId);
    this.#outgoing = new OutgoingWindow(FIRST_OUTGOING_ID, begin.incomingWindow);
    this.#receivedDispositions = new Dispositions(port.output, channel, true);
    this.#sentDispositions = new Dispositions(port.output, channel, false);
    const windows = { incomingWindow: port.settings.incomingWindow, outgoingWindow: begin.incomingWindow };
    const ids = { remoteChannel: channel, nextOutgoingId: FIRST_OUTGOING_ID, handleMax: port.settings.handleMax };
    this.write(BEGIN.to({ ...ids, ...windows }));
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Links that are attached, or ask to be. */
  get links(): readonly Link[] {
    return this.#links.filter((link) => link !== undefined);
  }

  /** Deliveries that are unsettled, of both directions. */
  get unsettled(): number {
    return this.#received.size + this.#sent.size;
  }

  /** @internal */
  get listener(): Listener {
    return this.#port.listener;
  }

  /** Ends the session, its links and their deliveries with it. */
  end(error?: ErrorDraft): void {
    if (!this.isOpen) return;
    this.writeDispositions();
    this.write(END.to({ error }));
    this.#state = 'ending';
    this.#forget();
    this.listener.ended(this, error);
  }

  /** @internal */
  peerEnded(error: ErrorDraft | undefined): void {
    const ends = this.isOpen;
    if (ends) this.writeDispositions();
    if (ends) this.write(END.to({}));
    this.#state = 'ended';
    if (!ends) return;
    this.#forget();
    this.listener.ended(this, error);
  }

  /** @internal The connection is gone. */
  gone(): void {
    this.#state = 'ended';
    this.#forget();
  }

  /** @internal */
  attach(attach: Attach): void {
    const { handle } = attach;
    const { handleMax } = this.#port.settings;
    if (handle > handleMax || this.links.length >= handleMax) {
      const text = `Cannot allocate more handles to the current session or connection. The maximum number of handles allowed is ${handleMax}. Please free up resources and try again.`;
      return this.end(amqpError(CONDITION.resourceLimitExceeded, text));
    }
    if (this.#links[handle]) {
      return this.end(amqpError(CONDITION.handleInUse, `The handle '${handle}' is already in use on this session.`));
    }
    const link = attach.role ? new SenderLink(this, attach) : new ReceiverLink(this, attach);
    this.#links[handle] = link;
    this.listener.attached(link);
  }

  /** @internal A detach of a link that is gone is ignored. */
  detach({ handle, closed, error }: Detach): void {
    const link = this.#links[handle];
    this.#links[handle] = undefined;
    link?.peerDetached(closed, error);
  }

  /** @internal */
  flow(fields: FlowFields): void {
    const { nextIncomingId, incomingWindow, handle, echo } = fields;
    if (!this.#outgoing.update(nextIncomingId === NONE ? undefined : nextIncomingId, incomingWindow)) {
      const text = `The flow expects transfer ${nextIncomingId}, but the next one is ${this.#outgoing.nextId}.`;
      return this.end(amqpError(CONDITION.notAllowed, text));
    }
    const link = handle === NONE ? undefined : this.#links[handle];
    if (handle !== NONE && !link) return this.#unattached(handle);
    if (link?.role === 'sender') link.flow(fields);
    if (echo && link) link.echo();
    else if (echo) this.#writeSessionFlow();
    this.resume();
  }

  /** @internal */
  transfer(fields: TransferFields, bytes: Buffer, end: number): void {
    const link = this.#links[fields.handle];
    if (!this.#incoming.take()) {
      const text = `A transfer came beyond the window of ${this.#incoming.size}.`;
      return this.end(amqpError(CONDITION.windowViolation, text));
    }
    if (!link) return this.#unattached(fields.handle);
    if (link.role === 'sender') {
      return this.end(amqpError(CONDITION.notAllowed, 'A transfer came on a link whose peer receives.'));
    }
    link.transfer(fields, bytes, end);
    if (this.isOpen && this.#incoming.isHalfUsed) this.#writeSessionFlow();
  }

  /** @internal */
  disposition({ role, first, last, settled, state }: DispositionFields): void {
    if (!role) {
      if (settled) for (const [id, link] of this.#received.within(first, last)) this.#peerSettled(id, link);
      return;
    }
    for (const [id, sent] of this.#sent.within(first, last)) {
      if (this.#sent.get(id) !== sent) continue;
      if (settled) this.#sent.delete(id);
      this.listener.disposed(sent.link, id, sent.token, state, settled);
    }
  }

  /** @internal Goes on with what waited for window or output, one frame a link in turn; then offers the room there is. */
  resume(): void {
    const senders = this.links.filter((link) => link.role === 'sender');
    const ring = [
      ...senders.slice(this.#turn % (senders.length || 1)),
      ...senders.slice(0, this.#turn % (senders.length || 1)),
    ];
    this.#turn++;
    let waiting = ring;
    while (waiting.length > 0) waiting = waiting.filter((link) => link.continue());
    for (const link of ring) if (this.isOpen) link.offer();
  }

  /** @internal */
  get hasWindow(): boolean {
    return this.isOpen && this.#outgoing.left > 0;
  }

  /** @internal Whether a new delivery may leave. */
  get canTransfer(): boolean {
    return this.hasWindow && this.#port.hasRoom;
  }

  /** @internal A delivery leaves. @returns its id */
  beginOutgoing(link: SenderLink, { settled, token }: SendOptions): number {
    const id = this.#nextSentId;
    this.#nextSentId = advance(id, 1);
    if (!settled) this.#sent.add(id, { link, token });
    return id;
  }

  /** @internal Writes one frame of a delivery. @returns how much of the payload has left */
  writeTransfer(
    handle: number,
    {
      id,
      tag,
      payload,
      options,
      sent,
    }: {
      readonly id: number;
      readonly tag: Uint8Array;
      readonly payload: Uint8Array;
      readonly options: SendOptions;
      readonly sent: number;
    },
  ): number {
    const isFirst = sent === 0;
    const room = this.#port.peerMaxFrameSize - TRANSFER_OVERHEAD - (isFirst ? tag.length : 0);
    const end = Math.min(payload.length, sent + room);
    const { settled, format, batchable } = options;
    const first = isFirst ? { deliveryId: id, tag } : { deliveryId: NONE, tag: undefined };
    const fields = { handle, ...first, format, settled, more: end < payload.length, batchable };
    writeTransfer(this.#port.output, this.channel, fields, payload, sent, end);
    this.#outgoing.take();
    return end;
  }

  /** @internal A delivery begins to come. @returns false when its id is wrong */
  beginIncoming(id: number): boolean {
    const expected = this.#nextReceivedId ?? id;
    if (id === NONE || id !== expected) {
      const text =
        id === NONE
          ? 'The first transfer of a delivery has no delivery-id.'
          : `Delivery ${expected} was expected, not ${id}.`;
      this.end(amqpError(CONDITION.notAllowed, text));
      return false;
    }
    this.#nextReceivedId = advance(id, 1);
    return true;
  }

  /** @internal A frame is discarded; the delivery it may begin has an id all the same. */
  passIncoming(id: number): void {
    if (id !== NONE) this.#nextReceivedId = advance(id, 1);
  }

  /** @internal */
  addIncoming(link: ReceiverLink, id: number): void {
    this.#received.add(id, link);
  }

  /** @internal @returns whether it was unsettled */
  settleIncoming(link: ReceiverLink, id: number, state: Draft<DeliveryState>): boolean {
    if (this.#received.get(id) !== link) return false;
    this.#received.delete(id);
    this.#receivedDispositions.add(id, state);
    this.#port.settled();
    return true;
  }

  /** @internal */
  settleOutgoing(link: SenderLink, id: number, state: Draft<DeliveryState>): void {
    if (this.#sent.get(id)?.link !== link) return;
    this.#sent.delete(id);
    this.#sentDispositions.add(id, state);
    this.#port.settled();
  }

  /** @internal */
  joined(bytes: number): boolean {
    return this.#port.joined(bytes);
  }

  /** @internal A link is over, by whichever side. */
  linkEnded(link: Link, closed: boolean, error: ErrorDraft | undefined): void {
    if (link.role === 'receiver') this.#received.drop((one) => one === link);
    else this.#sent.drop((one) => one.link === link);
    this.listener.detached(link, closed, error);
  }

  /** Says now what was settled, where otherwise it is said when the output is taken: for answers that must not overtake it. */
  writeDispositions(): void {
    if (!this.isOpen) return;
    this.#receivedDispositions.write();
    this.#sentDispositions.write();
  }

  /** @internal */
  write(body: Described): void {
    writeFrame(this.#port.output, AMQP_FRAME, this.channel, body);
  }

  /** @internal */
  writeLinkFlow(handle: number, deliveryCount: number, linkCredit: number, drain: boolean, echo: boolean): void {
    this.#incoming.restate();
    writeFlow(this.#port.output, this.channel, {
      nextIncomingId: this.#incoming.nextId,
      incomingWindow: this.#incoming.left,
      nextOutgoingId: this.#outgoing.nextId,
      outgoingWindow: this.#outgoing.left,
      ...{ handle, deliveryCount, linkCredit, available: handle === NONE ? NONE : 0, drain, echo },
    });
  }

  #writeSessionFlow(): void {
    this.writeLinkFlow(NONE, NONE, NONE, false, false);
  }

  #peerSettled(id: number, link: ReceiverLink): void {
    if (this.#received.delete(id)) link.peerSettled();
  }

  #unattached(handle: number): void {
    this.end(
      amqpError(
        CONDITION.unattachedHandle,
        `The link handle '${handle}' cannot be found in session '${this.channel}'.`,
      ),
    );
  }

  #forget(): void {
    for (const link of this.links) link.gone();
    this.#links.length = 0;
    this.#received.drop(() => true);
    this.#sent.drop(() => true);
  }
}
