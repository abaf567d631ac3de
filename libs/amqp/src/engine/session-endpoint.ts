import { type Attach, BEGIN, type Begin, type Detach, END } from '../codec/performatives.js';
import type { Described } from '../codec/value.js';
import { NONE } from '../frames/field-cursor.js';
import { AMQP_FRAME } from '../frames/frame-reader.js';
import type { DispositionFields, FlowFields, TransferFields } from '../frames/read-hot.js';
import { writeFrame } from '../frames/write-frame.js';
import { writeFlow } from '../frames/write-hot.js';
import { amqpError, CONDITION, type ErrorDraft } from './errors.js';
import { IncomingDeliveries } from './incoming-deliveries.js';
import { IncomingWindow } from './incoming-window.js';
import type { LinkPort } from './link-port.js';
import type { LinkNames } from './link-names.js';
import type { Listener } from './listener.js';
import { OutgoingDeliveries } from './outgoing-deliveries.js';
import { OutgoingWindow } from './outgoing-window.js';
import { ReceiverEndpoint } from './receiver-endpoint.js';
import { SenderEndpoint } from './sender-endpoint.js';
import type { SessionPort } from './session-port.js';
import type { Usage } from './usage.js';
import {
  attachesTooLarge,
  handleInUse,
  noCoordinator,
  noHandleLeft,
  stolen,
  tooManyHeld,
  unattached,
} from './violations.js';

/** Azure's first transfer-id; its delivery-ids begin at 0. */
const FIRST_OUTGOING_ID = 1;

type LinkEndpoint = SenderEndpoint | ReceiverEndpoint;

/** Our end of a session: its links by handle, both windows, and the deliveries of both directions. */
export class SessionEndpoint implements LinkPort {
  readonly channel: number;
  readonly #port: SessionPort;
  readonly #incoming: IncomingWindow;
  readonly #outgoing: OutgoingWindow;
  readonly #received: IncomingDeliveries;
  readonly #sent: OutgoingDeliveries;
  readonly #maxLinks: number;
  readonly #links: (LinkEndpoint | undefined)[] = [];
  #linkCount = 0;
  /** The handle where the ring of senders goes on. */
  #turn = 0;
  #state: 'open' | 'ending' | 'ended' = 'open';

  constructor(port: SessionPort, channel: number, begin: Begin) {
    this.#port = port;
    this.channel = channel;
    this.#incoming = new IncomingWindow(port.settings.incomingWindow, begin.nextOutgoingId);
    this.#outgoing = new OutgoingWindow(FIRST_OUTGOING_ID, begin.incomingWindow);
    this.#received = new IncomingDeliveries(port, channel);
    this.#sent = new OutgoingDeliveries(port, channel, this.#outgoing);
    this.#maxLinks = Math.min(port.settings.maxSessionLinks, begin.handleMax);
    const handleMax = Math.min(port.settings.handleMax, begin.handleMax);
    const windows = { incomingWindow: port.settings.incomingWindow, outgoingWindow: begin.incomingWindow };
    const ids = { remoteChannel: channel, nextOutgoingId: FIRST_OUTGOING_ID, handleMax };
    this.write(BEGIN.to({ ...ids, ...windows }));
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get links(): readonly LinkEndpoint[] {
    return this.#links.filter((link) => link !== undefined);
  }

  get unsettled(): number {
    return this.#received.size + this.#sent.size;
  }

  get listener(): Listener {
    return this.#port.listener;
  }

  get names(): LinkNames {
    return this.#port.names;
  }

  get usage(): Usage {
    return this.#port.usage;
  }

  end(error?: ErrorDraft): void {
    if (!this.isOpen) return;
    this.writeDispositions();
    this.write(END.to({ error }));
    this.#state = 'ending';
    this.#forget();
    this.listener.ended(this, error);
  }

  peerEnded(error: ErrorDraft | undefined): void {
    const ends = this.isOpen;
    if (ends) this.writeDispositions();
    if (ends) this.write(END.to({}));
    this.#state = 'ended';
    if (!ends) return;
    this.#forget();
    this.listener.ended(this, error);
  }

  /** The connection is gone. */
  gone(): void {
    this.#state = 'ended';
    this.#forget();
  }

  /** @param bytes how many the attach has */
  attach(attach: Attach, bytes: number): void {
    const { handle } = attach;
    const { maxSessionLinks, maxLinks, maxAttachBytes } = this.#port.settings;
    if (handle > this.#maxLinks) return this.end(noHandleLeft(this.#maxLinks));
    if (this.#linkCount >= maxSessionLinks) return this.end(noHandleLeft(maxSessionLinks));
    if (!this.usage.mayAttach) return this.end(noHandleLeft(maxLinks));
    if (this.#links[handle]) return this.end(handleInUse(handle));
    if (!this.usage.mayKeep(bytes)) return this.end(attachesTooLarge(maxAttachBytes));
    // A new link takes the place of the one that has its name and direction, as the specification has it.
    this.names.find(attach)?.detach(stolen(attach.name));
    if (this.isOpen) this.#offer(attach, bytes);
  }

  /** A detach of a link that is gone is ignored. */
  detach({ handle, closed, error }: Detach): void {
    const link = this.#links[handle];
    if (!link) return;
    this.#links[handle] = undefined;
    this.#linkCount--;
    link.peerDetached(closed, error);
  }

  flow(fields: FlowFields): void {
    const { nextIncomingId, incomingWindow, handle, echo } = fields;
    const wasOpen = this.#sent.canWrite;
    if (!this.#outgoing.update(nextIncomingId === NONE ? undefined : nextIncomingId, incomingWindow)) {
      const text = `The flow expects transfer ${nextIncomingId}, but the next one is ${this.#outgoing.nextId}.`;
      return this.end(amqpError(CONDITION.notAllowed, text));
    }
    const link = handle === NONE ? undefined : this.#links[handle];
    if (handle !== NONE && !link) return this.end(unattached(handle, this.channel));
    if (link?.role === 'sender') link.flow(fields);
    if (echo && link) link.echo();
    else if (echo) this.#writeSessionFlow();
    // Where nobody waited for the window, the flow is news to its own link alone.
    if (!wasOpen) this.resume();
    else if (link?.role === 'sender') link.offer();
  }

  transfer(fields: TransferFields, bytes: Buffer, end: number): void {
    const link = this.#links[fields.handle];
    if (!this.#incoming.take()) {
      const text = `A transfer came beyond the window of ${this.#incoming.size}.`;
      return this.end(amqpError(CONDITION.windowViolation, text));
    }
    if (!link) return this.end(unattached(fields.handle, this.channel));
    if (link.role === 'sender') {
      return this.end(amqpError(CONDITION.notAllowed, 'A transfer came on a link whose peer receives.'));
    }
    link.transfer(fields, bytes, end);
    if (this.isOpen && this.#incoming.isHalfUsed) this.#writeSessionFlow();
  }

  disposition({ role, first, last, settled, state }: DispositionFields): void {
    if (role) this.#sent.disposed(first, last, state, settled);
    else if (settled) this.#received.peerSettled(first, last);
  }

  /** Goes on with what waited for window or output, one frame a link in turn; then offers the room there is. */
  resume(): void {
    const count = this.#links.length;
    if (count === 0) return;
    const first = this.#turn++ % count;
    while (this.#continueEach(first));
    for (let i = 0; i < count && this.isOpen; i++) this.#senderAt((first + i) % count)?.offer();
  }

  /** A link is over, by whichever side. */
  linkEnded(link: LinkEndpoint, closed: boolean, error: ErrorDraft | undefined): void {
    if (link.role === 'sender') this.#sent.forget(link);
    else this.#received.forget(link);
    this.listener.detached(link, closed, error);
  }

  writeDispositions(): void {
    if (!this.isOpen) return;
    this.#received.writeDispositions();
    this.#sent.writeDispositions();
  }

  write(body: Described): void {
    writeFrame(this.#port.output, AMQP_FRAME, this.channel, body);
  }

  writeLinkFlow(handle: number, deliveryCount: number, linkCredit: number, drain: boolean): void {
    this.#incoming.restate();
    writeFlow(this.#port.output, this.channel, {
      nextIncomingId: this.#incoming.nextId,
      incomingWindow: this.#incoming.left,
      nextOutgoingId: this.#outgoing.nextId,
      outgoingWindow: this.#outgoing.left,
      handle,
      deliveryCount,
      linkCredit,
      available: handle === NONE ? NONE : 0,
      drain,
      echo: false,
    });
  }

  #writeSessionFlow(): void {
    this.writeLinkFlow(NONE, NONE, NONE, false);
  }

  /** @returns whether any sender has more, and a window for it */
  #continueEach(first: number): boolean {
    const count = this.#links.length;
    let hasMore = false;
    for (let i = 0; i < count; i++) if (this.#senderAt((first + i) % count)?.continue()) hasMore = true;
    return hasMore;
  }

  #senderAt(handle: number): SenderEndpoint | undefined {
    const link = this.#links[handle];
    return link?.role === 'sender' ? link : undefined;
  }

  #offer(attach: Attach, bytes: number): void {
    const { mayHold } = this.usage;
    const link = attach.role
      ? new SenderEndpoint(this, this.#sent, attach, bytes)
      : new ReceiverEndpoint(this, this.#received, attach, bytes);
    this.#links[attach.handle] = link;
    this.#linkCount++;
    this.names.take(link);
    const isCoordinator = attach.target?.type === 'coordinator';
    if (!mayHold) link.refuse(tooManyHeld);
    else if (isCoordinator && !this.#port.settings.transactions) link.refuse(noCoordinator);
    else this.listener.attached(link);
  }

  #forget(): void {
    for (const link of this.links) link.gone();
    this.#links.length = 0;
    this.#linkCount = 0;
    this.#received.forget();
    this.#sent.forget();
  }
}
