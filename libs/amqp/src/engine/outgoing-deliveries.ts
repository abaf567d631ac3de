import type { Draft } from '../codec/composite.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from '../frames/field-cursor.js';
import { writeTransfer } from '../frames/write-hot.js';
import { advance } from '../serial.js';
import { Dispositions } from './dispositions.js';
import type { SenderLink, SendOptions } from './listener.js';
import type { OutgoingWindow } from './outgoing-window.js';
import type { SessionPort } from './session-port.js';
import { Unsettled } from './unsettled.js';

/** All of a transfer frame but payload and tag, at most. Bytes. */
const TRANSFER_OVERHEAD = 48;

/** A message that takes more than one frame, of which some has left, or nothing yet. */
export interface Leaving {
  readonly id: number;
  readonly tag: Uint8Array;
  readonly payload: Uint8Array;
  readonly options: SendOptions;
  /** Bytes of the payload that have left. */
  sent: number;
}

interface Sent {
  readonly link: SenderLink;
  readonly token: unknown;
}

/** Deliveries that leave on a session: their ids and frames, and which of them nobody has settled. */
export class OutgoingDeliveries {
  readonly #port: SessionPort;
  readonly #channel: number;
  readonly #window: OutgoingWindow;
  readonly #unsettled = new Unsettled<Sent>();
  readonly #dispositions: Dispositions;
  #nextId = 0;

  constructor(port: SessionPort, channel: number, window: OutgoingWindow) {
    this.#port = port;
    this.#channel = channel;
    this.#window = window;
    this.#dispositions = new Dispositions(port.output, channel, false);
  }

  /** How many are unsettled. */
  get size(): number {
    return this.#unsettled.size;
  }

  /** Whether one more frame may leave: the window is open, and the output has room. */
  get canWrite(): boolean {
    return this.#window.left > 0 && this.#port.hasRoom;
  }

  /** @returns its delivery-id */
  begin(link: SenderLink, { settled, token }: SendOptions): number {
    const id = this.#nextId;
    this.#nextId = advance(id, 1);
    if (!settled) this.#unsettled.add(id, { link, token });
    return id;
  }

  /** Whether a message fits one frame. */
  fitsFrame(tag: Uint8Array, payload: Uint8Array): boolean {
    return TRANSFER_OVERHEAD + tag.length + payload.length <= this.#port.peerMaxFrameSize;
  }

  /** Writes a message that fits one frame; there must be a window for it. */
  writeWhole(handle: number, id: number, tag: Uint8Array, payload: Uint8Array, options: SendOptions): void {
    const { settled, format, batchable } = options;
    const fields = { handle, deliveryId: id, tag, format, settled, more: false, batchable };
    writeTransfer(this.#port.output, this.#channel, fields, payload);
    this.#window.take();
  }

  /** Writes the next frame; there must be a window for it. @returns whether all has left */
  writeNext(handle: number, leaving: Leaving): boolean {
    const { id, tag, payload, sent, options } = leaving;
    const isFirst = sent === 0;
    const room = this.#port.peerMaxFrameSize - TRANSFER_OVERHEAD - (isFirst ? tag.length : 0);
    const end = Math.min(payload.length, sent + room);
    const { settled, format, batchable } = options;
    const deliveryId = isFirst ? id : NONE;
    const fields = {
      handle,
      deliveryId,
      tag: isFirst ? tag : undefined,
      format,
      settled,
      more: end < payload.length,
      batchable,
    };
    writeTransfer(this.#port.output, this.#channel, fields, payload, sent, end);
    this.#window.take();
    leaving.sent = end;
    return end === payload.length;
  }

  /** We settle a delivery of a link, if it is unsettled. */
  settle(id: number, link: SenderLink, state: Draft<DeliveryState>): void {
    if (this.#unsettled.get(id)?.link !== link) return;
    this.#unsettled.delete(id);
    this.#dispositions.add(id, state);
    this.#port.settled();
  }

  /** The peer says what became of a range. */
  disposed(first: number, last: number, state: DeliveryState | undefined, settled: boolean): void {
    for (const id of this.#unsettled.within(first, last)) {
      const sent = this.#unsettled.get(id);
      if (!sent) continue;
      if (settled) this.#unsettled.delete(id);
      this.#port.listener.disposed(sent.link, id, sent.token, state, settled);
    }
  }

  /** Forgets those of one link, or all. */
  forget(link?: SenderLink): void {
    this.#unsettled.drop((one) => link === undefined || one.link === link);
  }

  writeDispositions(): void {
    this.#dispositions.write();
  }
}
