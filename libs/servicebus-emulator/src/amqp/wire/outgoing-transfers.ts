import rhea from 'rhea';
import type {
  BeginFields,
  DispositionFields,
  FlowFields,
  RemoteState,
  SenderInternals,
  SessionInternals,
} from '../rhea-internals.js';
import type { Dispositions } from './dispositions.js';
import type { FrameWriter } from './frame-writer.js';

/** Deliveries of one session that may be unsettled. */
export const OUTGOING_WINDOW = 2_048;
const MAX_UINT = 0xffff_ffff;
/** AMQP's: a client that says less is not believed. */
const MIN_MAX_FRAME_SIZE = 512;
/** The most bytes of a transfer frame that are not payload. */
const TRANSFER_OVERHEAD = 96;

/** AMQP's outcomes of a delivery. */
export type Outcome = 'accepted' | 'released' | 'modified' | 'rejected';

/** What a client says became of a delivery: rhea's instance of the outcome. */
type OutcomeInstance = RemoteState & { readonly constructor: { readonly composite_type?: Outcome } };

const unwrapOutcome = (rhea.message as unknown as { unwrap_outcome(state: unknown): OutcomeInstance }).unwrap_outcome;

export interface OutgoingPorts {
  readonly settled: (delivery: OutgoingDelivery, outcome: Outcome, state: RemoteState | undefined) => void;
}

/** A message on its way to a client. */
export class OutgoingDelivery {
  /** Given when it is written; -1 before. */
  id = -1;
  readonly tag: Buffer;
  readonly link: SenderInternals;
  readonly payload: Buffer;
  readonly format: number;
  /** Bytes of the payload that are written. */
  sent = 0;
  /** True before it is written: the client need not answer. */
  settled = false;
  state: unknown;
  readonly #transfers: OutgoingTransfers;

  constructor(transfers: OutgoingTransfers, link: SenderInternals, tag: Buffer, payload: Buffer, format: number) {
    this.#transfers = transfers;
    this.link = link;
    this.tag = tag;
    this.payload = payload;
    this.format = format;
  }

  /** Whether all of it has left. */
  get isWritten(): boolean {
    return this.id >= 0 && this.sent === this.payload.length;
  }

  /** Answers the client's word on it, once. */
  settle(state: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.state = state;
    this.#transfers.finish(this);
  }
}

/**
 * What a client receives on one session. Takes the place of rhea's own, which makes a dozen objects a frame, and frees
 * settled deliveries only in order, and only when the client settles them too: Microsoft's never does. The names in
 * snake case are those rhea calls and reads.
 */
export class OutgoingTransfers {
  readonly #session: SessionInternals;
  readonly #writer: FrameWriter;
  readonly #dispositions: Dispositions;
  readonly #ports: OutgoingPorts;
  readonly #busy: () => void;
  readonly #unsettled = new Map<number, OutgoingDelivery>();
  #pending: OutgoingDelivery[] = [];
  #nextDelivery = 0;
  #remoteWindow: number;
  #remoteNextTransfer = 0;
  next_transfer_id = 0;
  readonly window = MAX_UINT;
  /** rhea asks whether a full session has room again. */
  readonly deliveries = { available: () => this.available() };

  /** @param busy to be told when {@link process} has something to do */
  constructor(
    session: SessionInternals,
    begin: BeginFields | undefined,
    writer: FrameWriter,
    dispositions: Dispositions,
    ports: OutgoingPorts,
    busy: () => void,
  ) {
    this.#session = session;
    this.#writer = writer;
    this.#dispositions = dispositions;
    this.#ports = ports;
    this.#busy = busy;
    this.#remoteWindow = begin?.incoming_window ?? 0;
  }

  /** How many more deliveries can be sent before one is settled. */
  available(): number {
    return OUTGOING_WINDOW - this.#unsettled.size - this.#pending.length;
  }

  /** @throws Error when nothing is {@link available} */
  send(link: SenderInternals, tag: Buffer, payload: Buffer, format = 0): OutgoingDelivery {
    if (this.available() <= 0) throw new Error(`More than ${OUTGOING_WINDOW} deliveries are unsettled.`);
    const delivery = new OutgoingDelivery(this, link, tag, payload, format);
    this.#pending.push(delivery);
    this.#busy();
    return delivery;
  }

  on_flow(fields: FlowFields): void {
    this.#remoteNextTransfer = fields.next_incoming_id ?? 0;
    this.#remoteWindow = fields.incoming_window;
    if (this.#pending.length > 0) this.#busy();
  }

  on_disposition({ first, last, settled, state }: DispositionFields): void {
    const end = Math.min(last ?? first, first + OUTGOING_WINDOW * 2);
    const outcome = state == null ? undefined : unwrapOutcome(state);
    this.settledByClient(first, end, Boolean(settled), outcome?.constructor.composite_type, outcome);
  }

  /** The client says what became of the deliveries from `first` to `last`; a state that is no outcome says nothing. */
  settledByClient(first: number, last: number, settled: boolean, outcome?: Outcome, state?: RemoteState): void {
    for (let id = first; id <= last; id++) {
      const delivery = this.#unsettled.get(id);
      if (!delivery) continue;
      // What the client has settled it wants no answer about.
      if (settled) this.#unsettled.delete(id);
      if (outcome) this.#ports.settled(delivery, outcome, state);
    }
  }

  /** A delivery is settled: tells the client unless it has settled by itself. */
  finish(delivery: OutgoingDelivery): void {
    if (!this.#unsettled.delete(delivery.id)) return;
    this.#dispositions.add(delivery);
    this.#busy();
  }

  /** A link is gone: what it has not written will never be, and what it has nobody will settle. */
  forget(link: unknown): void {
    this.#pending = this.#pending.filter((delivery) => delivery.link !== link);
    for (const [id, delivery] of this.#unsettled) if (delivery.link === link) this.#unsettled.delete(id);
  }

  /** The client pauses: writes what credit and window allow, and what was settled. */
  process(): void {
    if (this.#pending.length > 0) this.#writePending();
    this.writeAnswers();
  }

  /** Tells the client now what was settled. */
  writeAnswers(): void {
    this.#dispositions.write();
  }

  #writePending(): void {
    const kept: OutgoingDelivery[] = [];
    let isOpen = true;
    for (const delivery of this.#pending) {
      const { link } = delivery;
      isOpen &&= this.#remoteWindow > this.#transfersUnderway();
      if (!isOpen || link.credit <= 0 || !this.#write(delivery)) {
        kept.push(delivery);
        continue;
      }
      link.credit--;
      link.delivery_count++;
      if (!delivery.settled) this.#unsettled.set(delivery.id, delivery);
    }
    this.#pending = kept;
  }

  /** @returns whether all of it is written */
  #write(delivery: OutgoingDelivery): boolean {
    const { tag, format, settled, payload, link } = delivery;
    const { connection, local } = this.#session;
    const most = Math.max(connection.max_frame_size ?? MAX_UINT, MIN_MAX_FRAME_SIZE) - TRANSFER_OVERHEAD;
    if (delivery.id < 0) {
      delivery.id = this.#nextDelivery;
      this.#nextDelivery = (this.#nextDelivery + 1) >>> 0;
    }
    do {
      if (this.#remoteWindow <= this.#transfersUnderway()) return false;
      const end = Math.min(delivery.sent + most, payload.length);
      const fields = { channel: local.channel, handle: link.local.handle, id: delivery.id, tag, format, settled };
      const part = end - delivery.sent === payload.length ? payload : payload.subarray(delivery.sent, end);
      this.#writer.transfer({ ...fields, more: end < payload.length }, part);
      this.next_transfer_id = (this.next_transfer_id + 1) >>> 0;
      delivery.sent = end;
    } while (delivery.sent < payload.length);
    return true;
  }

  /** Transfers the client may not have received yet. */
  #transfersUnderway(): number {
    return (this.next_transfer_id - this.#remoteNextTransfer) >>> 0;
  }
}
