import type {
  BeginFields,
  FlowFields,
  ReceiverInternals,
  SessionInternals,
  TransferFrame,
  TransferPerformative,
} from '../rhea-internals.js';
import type { Dispositions } from './dispositions.js';

/** Deliveries of one session that may be unanswered. */
export const INCOMING_WINDOW = 4_096;

/** A whole message as it came off the wire; `bytes` undefined when it was larger than its link allows. */
export interface RawTransfer {
  readonly delivery: IncomingDelivery;
  readonly format: number;
  readonly size: number;
  readonly bytes: Buffer | undefined;
}

export interface IncomingPorts {
  /** The most bytes a message on this link may have. */
  readonly limit: (receiver: ReceiverInternals) => number;
  readonly take: (receiver: ReceiverInternals, transfer: RawTransfer) => void;
}

const NO_FRAMES: Buffer[] = [];

/** A message that a client sends. */
export class IncomingDelivery {
  readonly id: number;
  readonly format: number;
  readonly #transfers: IncomingTransfers;
  #settled = false;
  /** What the client has forgotten already: it wants no answer. */
  remoteSettled: boolean;
  state: unknown;
  /** The payloads so far; undefined once they were more than the link allows. */
  frames: Buffer[] | undefined = NO_FRAMES;
  size = 0;

  constructor(transfers: IncomingTransfers, fields: TransferPerformative) {
    this.#transfers = transfers;
    this.id = fields.delivery_id as number;
    this.format = fields.message_format ?? 0;
    this.remoteSettled = fields.settled ?? false;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** rhea sets this when a link goes in the middle of a message. */
  set settled(settled: boolean) {
    if (settled && !this.#settled) this.#transfers.release();
    this.#settled ||= settled;
  }

  /** Keeps a payload as long as there is not too much; beyond `limit` bytes it only counts. */
  append(payload: Buffer | undefined, limit: number): void {
    if (!payload) return;
    this.size += payload.length;
    if (this.size > limit) this.frames = undefined;
    else if (this.frames?.length === 0) this.frames = [payload];
    else this.frames?.push(payload);
  }

  /** Answers the client, once. */
  settle(state: unknown): void {
    if (this.#settled) return;
    this.settled = true;
    this.state = state;
    if (this.remoteSettled) return;
    this.#transfers.answer(this);
  }
}

/**
 * What a client sends on one session. Takes the place of rhea's own, which decodes every message (that loses AMQP's
 * types and costs more than all the rest) and frees answered deliveries only in order. The names in snake case are
 * those rhea calls and reads.
 */
export class IncomingTransfers {
  readonly #dispositions: Dispositions;
  readonly #ports: IncomingPorts;
  readonly #busy: () => void;
  #unsettled = 0;
  #nextDelivery: number | undefined;
  next_transfer_id: number;
  /** The last transfer id the client knows it may use; rhea sets it with every flow it writes. */
  max_transfer_id: number;

  /** @param busy to be told when {@link process} has something to do */
  constructor(begin: BeginFields | undefined, dispositions: Dispositions, ports: IncomingPorts, busy: () => void) {
    this.next_transfer_id = begin?.next_outgoing_id ?? 0;
    this.max_transfer_id = this.next_transfer_id + INCOMING_WINDOW;
    this.#dispositions = dispositions;
    this.#ports = ports;
    this.#busy = busy;
  }

  get window(): number {
    return INCOMING_WINDOW - this.#unsettled;
  }

  on_flow(fields: FlowFields): void {
    this.next_transfer_id = fields.next_outgoing_id;
  }

  on_disposition(): void {
    // A client that settles what we settle anyway.
  }

  /** @throws Error when the client breaks the protocol */
  on_transfer({ performative, payload }: TransferFrame, receiver: ReceiverInternals): void {
    this.next_transfer_id++;
    if (this.#needsFlow()) this.#busy();
    if (!receiver.is_remote_open()) throw new Error('A transfer came after the link was detached.');
    const delivery = receiver._incomplete ?? this.#begin(performative, receiver);
    const { delivery_id: id, more, aborted, settled } = performative;
    if (id != null && id !== delivery.id) {
      throw new Error(`Delivery ${delivery.id} is not complete, yet a transfer of ${id} came.`);
    }
    if (settled) delivery.remoteSettled = true;
    delivery.append(payload, this.#ports.limit(receiver));
    if (more && !aborted) {
      receiver._incomplete = delivery;
      return;
    }
    receiver._incomplete = undefined;
    receiver.credit--;
    receiver.delivery_count++;
    if (aborted) {
      delivery.settled = true;
      return;
    }
    const { frames, size, format } = delivery;
    delivery.frames = undefined;
    const bytes = frames?.length === 1 ? frames[0] : frames && Buffer.concat(frames, size);
    this.#ports.take(receiver, { delivery, format, size, bytes });
  }

  /** The client pauses. */
  process(session: SessionInternals): void {
    this.writeAnswers();
    if (this.#needsFlow()) session._write_flow();
  }

  /** Tells the client now what became of its deliveries. */
  writeAnswers(): void {
    this.#dispositions.write();
  }

  /** Tells the client at its pause what became of a delivery. */
  answer(delivery: IncomingDelivery): void {
    this.#dispositions.add(delivery);
    this.#busy();
  }

  /** A delivery is answered, or will never be. */
  release(): void {
    this.#unsettled--;
  }

  #needsFlow(): boolean {
    return this.max_transfer_id - this.next_transfer_id < this.window / 2;
  }

  #begin(fields: TransferPerformative, receiver: ReceiverInternals): IncomingDelivery {
    const { delivery_id: id } = fields;
    if (id == null) throw new Error('The first transfer of a delivery has no delivery-id.');
    const expected = this.#nextDelivery ?? id;
    if (id !== expected) throw new Error(`Delivery ${expected} was expected, not ${id}.`);
    if (receiver.credit <= 0) throw new Error('A transfer came although the link had no credit.');
    if (this.window === 0) throw new Error(`More than ${INCOMING_WINDOW} deliveries came before one was answered.`);
    this.#nextDelivery = (id + 1) >>> 0;
    this.#unsettled++;
    return new IncomingDelivery(this, fields);
  }
}
