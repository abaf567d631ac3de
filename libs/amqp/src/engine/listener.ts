import type { Open } from '../codec/performatives.js';
import type { AmqpError, DeliveryState } from '../codec/states.js';
import type { ErrorDraft } from './errors.js';
import type { ReceiverLink } from './receiver-link.js';
import type { SenderLink } from './sender-link.js';
import type { Session } from './session.js';

/** A message as it came, whole. */
export interface Delivery {
  readonly id: number;
  readonly format: number;
  /** True when the peer has forgotten it already and wants no answer. */
  readonly settled: boolean;
  /** Its transaction's state, if it is part of one. */
  readonly state: DeliveryState | undefined;
  /** Valid during the call; a copy must be made of what is kept. */
  readonly payload: Buffer;
}

/**
 * What happens on a connection. Methods are called synchronously, the engine's state final before each call: every
 * method of the engine may be called inside.
 */
export interface Listener {
  /** @returns whether the peer may go on */
  sasl(mechanism: string, response: Buffer | undefined): boolean;
  /** @returns why the connection is refused; undefined when it is not */
  opened(open: Open): ErrorDraft | undefined;
  began(session: Session): void;
  /** Of a session that has begun, once; its links and their deliveries went with it. */
  ended(session: Session, error: AmqpError | ErrorDraft | undefined): void;
  /** To be answered, now or later, with `accept` or `refuse`. */
  attached(link: SenderLink | ReceiverLink): void;
  /** Of a link that was attached, once; its unsettled deliveries went with it. */
  detached(link: SenderLink | ReceiverLink, closed: boolean, error: AmqpError | ErrorDraft | undefined): void;
  delivery(link: ReceiverLink, delivery: Delivery): void;
  /** There is credit, window and room in the output. */
  sendable(link: SenderLink): void;
  /** The peer wants its credit used up: `drained` is to be called when there is nothing to send. */
  drain(link: SenderLink): void;
  /** The peer says what became of a delivery; once it is settled it is forgotten. */
  disposed(link: SenderLink, id: number, token: unknown, state: DeliveryState | undefined, settled: boolean): void;
  /** Once, and the last of all. */
  closed(error: AmqpError | ErrorDraft | undefined): void;
}
