import type { Draft } from '../codec/composite.js';
import type { Fields } from '../codec/field-types.js';
import type { Attach, Open } from '../codec/performatives.js';
import type { AmqpError, DeliveryState } from '../codec/states.js';
import type { Coordinator, Source, Target } from '../codec/terminus.js';
import type { ErrorDraft } from './errors.js';

/** One session, and what may be done to it. */
export interface Session {
  /** The channel, of both directions. */
  readonly channel: number;
  readonly isOpen: boolean;
  /** Links that are attached, or ask to be, or wait for the peer's detach. */
  readonly links: readonly Link[];
  /** Deliveries that are unsettled, of both directions. */
  readonly unsettled: number;
  /** Ends the session, its links and their deliveries with it. */
  end(error?: ErrorDraft): void;
  /** Says now what was settled, where otherwise it is said when the output is taken: for answers that must not overtake it. */
  writeDispositions(): void;
}

/** How an attach is answered; what is left out is as the peer said it. */
export interface AttachAnswer {
  readonly source?: Draft<Source>;
  readonly target?: Draft<Target | Coordinator>;
  /** Bytes; 0 is no limit. */
  readonly maxMessageSize?: bigint;
  readonly properties?: Fields;
}

export type Link = SenderLink | ReceiverLink;

/** What may be done to a link of either direction. */
interface AnyLink {
  readonly session: Session;
  /** What the peer said. */
  readonly attach: Attach;
  readonly isAttached: boolean;
  /** Answers without source and target, then detaches. Nothing happens when there is nothing to answer any more. */
  refuse(error: ErrorDraft): void;
  /** Detaches and closes the link; one that was not answered is refused. */
  detach(error?: ErrorDraft): void;
  /** Says what became of a delivery. Nothing happens when it is settled, or gone. */
  settle(id: number, state: Draft<DeliveryState>): void;
}

export interface SendOptions {
  /** True when no answer is wanted. */
  readonly settled: boolean;
  readonly format: number;
  readonly batchable: boolean;
  /** Given back with what the peer says of the delivery. */
  readonly token: unknown;
}

/** A link on which we send, as far as the peer's credit goes. Its deliveries are ours to settle when the peer leaves that to us. */
export interface SenderLink extends AnyLink {
  readonly role: 'sender';
  /** Deliveries that the peer still takes. */
  readonly credit: number;
  /** Whether {@link send} would send. */
  readonly canSend: boolean;
  /** The token of a message that has left in part only; still there when the link is gone, and the rest with it. */
  readonly unfinished: unknown;
  /** Answers the attach. What the peer gave of credit meanwhile counts from now on. */
  accept(answer?: AttachAnswer): void;
  /**
   * Sends a message. What has to wait for the session's window is copied: tag and payload may be used again.
   * @param tag at most 32 bytes, unique among what is unsettled on the link
   * @returns its delivery-id; undefined when there is no {@link canSend}
   */
  send(tag: Uint8Array, payload: Uint8Array, options: SendOptions): number | undefined;
  /** All is sent that there was: the peer's credit is used up. */
  drained(): void;
}

/** A link on which the peer sends. Its credit comes back as its deliveries are settled. */
export interface ReceiverLink extends AnyLink {
  readonly role: 'receiver';
  /** Deliveries that the peer may begin. */
  readonly credit: number;
  /** Answers the attach; the peer may have so many unsettled deliveries on the link. */
  accept(credit: number, answer?: AttachAnswer): void;
  /** The peer may have so many unsettled deliveries from now on. */
  grant(credit: number): void;
}

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
  attached(link: Link): void;
  /** Of a link that was attached, once; its unsettled deliveries went with it. */
  detached(link: Link, closed: boolean, error: AmqpError | ErrorDraft | undefined): void;
  delivery(link: ReceiverLink, delivery: Delivery): void;
  /** There is credit, window and room in the output. */
  sendable(link: SenderLink): void;
  /** The peer wants its credit used up: `drained` is to be called when there is nothing to send. */
  drain(link: SenderLink): void;
  /** The peer says what became of a delivery; once it is settled it is forgotten. */
  disposed(link: SenderLink, id: number, token: unknown, state: DeliveryState | undefined, settled: boolean): void;
  /**
   * Once, and the last of all.
   * @param isViolation whether the peer broke the protocol, or was silent for too long
   */
  closed(error: AmqpError | ErrorDraft | undefined, isViolation: boolean): void;
  /** There is output to take where there was none. */
  output?(): void;
}
