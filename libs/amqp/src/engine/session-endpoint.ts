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
import type { Listener } from './listener.js';
import { OutgoingDeliveries } from './outgoing-deliveries.js';
import { OutgoingWindow } from './outgoing-window.js';
import { ReceiverEndpoint } from './receiver-endpoint.js';
import { SenderEndpoint } from './sender-endpoint.js';
import type { SessionPort } from './session-port.js';
import type { Usage } from './usage.js';

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
  readonly #handleMax: number;
  readonly #links: (LinkEndpoint | undefined)[] = [];
  /** Where the ring of senders goes on. */
  #turn = 0;
  #state: 'open' | 'ending' | 'ended' = 'open';

  constructor(port: SessionPort, channel: number, begin: Begin) {
    this.#port = port;
    this.channel = channel;
    this.#incoming = new IncomingWindow(port.settings.incomingWindow, begin.nextOutgoingId);
    this.#outgoing = new OutgoingWindow(FIRST_OUTGOING_ID, begin.incomingWindow);
    this.#received = new IncomingDeliveries(port, channel);
    this.#sent = new OutgoingDeliveries(port, channel, this.#outgoing);
    this.#handleMax = Math.min(port.settings.handleMax, begin.handleMax);
    const windows = { incomingWindow: port.settings.incomingWindow, outgoingWindow: begin.incomingWindow };
    const ids = { remoteChannel: channel, nextOutgoingId: FIRST_OUTGOING_ID, handleMax: this.#handleMax };
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

  attach(attach: Attach): void {
    const { handle } = attach;
    const { handleMax, maxLinks } = this.#port.settings;
    if (handle > this.#handleMax) return this.#noHandle(this.#handleMax);
    if (this.links.length >= handleMax) return this.#noHandle(handleMax);
    if (!this.usage.mayAttach) return this.#noHandle(maxLinks);
    if (this.#links[handle]) {
      return this.end(amqpError(CONDITION.handleInUse, `The handle '${handle}' is already in use on this session.`));
    }
    const { mayHold } = this.usage;
    const link = attach.role
      ? new SenderEndpoint(this, this.#sent, attach)
      : new ReceiverEndpoint(this, this.#received, attach);
    this.#links[handle] = link;
    this.usage.addLinks(1);
    if (mayHold) return this.listener.attached(link);
    link.refuse(amqpError(CONDITION.resourceLimitExceeded, 'Too many links of the connection wait to be attached.'));
  }

  /** A detach of a link that is gone is ignored. */
  detach({ handle, closed, error }: Detach): void {
    const link = this.#links[handle];
    if (!link) return;
    this.#links[handle] = undefined;
    this.usage.addLinks(-1);
    link.peerDetached(closed, error);
  }

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

  disposition({ role, first, last, settled, state }: DispositionFields): void {
    if (role) this.#sent.disposed(first, last, state, settled);
    else if (settled) this.#received.peerSettled(first, last);
  }

  /** Goes on with what waited for window or output, one frame a link in turn; then offers the room there is. */
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
      ...{ handle, deliveryCount, linkCredit, available: handle === NONE ? NONE : 0, drain, echo: false },
    });
  }

  #writeSessionFlow(): void {
    this.writeLinkFlow(NONE, NONE, NONE, false);
  }

  #noHandle(max: number): void {
    const text = `Cannot allocate more handles to the current session or connection. The maximum number of handles allowed is ${max}. Please free up resources and try again.`;
    this.end(amqpError(CONDITION.resourceLimitExceeded, text));
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
    this.usage.addLinks(-this.links.length);
    this.#links.length = 0;
    this.#received.forget();
    this.#sent.forget();
  }
}
