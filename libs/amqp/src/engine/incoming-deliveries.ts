import type { Draft } from '../codec/composite.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from '../frames/field-cursor.js';
import { advance, distance } from '../serial.js';
import { Dispositions } from './dispositions.js';
import type { SessionPort } from './session-port.js';
import { Unsettled } from './unsettled.js';

/** The link that a delivery came on. */
interface Recipient {
  /** The peer settled the delivery by itself. */
  peerSettled(): void;
}

/** Deliveries that come on a session: their ids, and which of them nobody has settled. */
export class IncomingDeliveries {
  readonly #port: SessionPort;
  readonly #unsettled = new Unsettled<Recipient>();
  readonly #dispositions: Dispositions;
  #nextId: number | undefined;

  constructor(port: SessionPort, channel: number) {
    this.#port = port;
    this.#dispositions = new Dispositions(port.output, channel, true);
  }

  /** How many are unsettled. */
  get size(): number {
    return this.#unsettled.size;
  }

  /** A delivery begins. @returns what is wrong with its id; undefined when nothing is */
  begin(id: number): string | undefined {
    if (id === NONE) return 'The first transfer of a delivery has no delivery-id.';
    const expected = this.#nextId ?? id;
    if (id !== expected) return `Delivery ${expected} was expected, not ${id}.`;
    this.#nextId = advance(id, 1);
    return undefined;
  }

  /**
   * A frame is discarded; the delivery it may begin has an id all the same. It may go on with an older one, too.
   * @returns whether it begins one
   */
  pass(id: number): boolean {
    if (id === NONE || distance(this.#nextId ?? id, id) < 0) return false;
    this.#nextId = advance(id, 1);
    return true;
  }

  /** Answers a delivery that is not taken. */
  refuse(id: number, state: Draft<DeliveryState>): void {
    this.#dispositions.add(id, state);
    this.#port.settled();
  }

  add(id: number, link: Recipient): void {
    this.#unsettled.add(id, link);
  }

  /** We settle a delivery of a link. @returns whether it was unsettled */
  settle(id: number, link: Recipient, state: Draft<DeliveryState>): boolean {
    if (this.#unsettled.get(id) !== link) return false;
    this.#unsettled.delete(id);
    this.#dispositions.add(id, state);
    this.#port.settled();
    return true;
  }

  /** The peer settled a range by itself. */
  peerSettled(first: number, last: number): void {
    for (const id of this.#unsettled.within(first, last)) {
      const link = this.#unsettled.get(id);
      if (this.#unsettled.delete(id)) link?.peerSettled();
    }
  }

  /** Forgets those of one link, or all. */
  forget(link?: Recipient): void {
    this.#unsettled.drop((one) => link === undefined || one === link);
  }

  writeDispositions(): void {
    this.#dispositions.write();
  }
}
