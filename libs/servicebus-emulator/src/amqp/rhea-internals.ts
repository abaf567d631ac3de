/**
 * The parts of rhea this broker touches beyond its published types: raw transfers, credit and held attaches. One
 * place, so that an upgrade of rhea is checked against this file.
 */

import type { IncomingDelivery, IncomingTransfers } from './wire/incoming-transfers.js';
import type { OutgoingDelivery, OutgoingTransfers } from './wire/outgoing-transfers.js';

export interface AmqpErrorFields {
  readonly condition: string;
  readonly description: string;
}

export interface EndpointState {
  open_requests: number;
  close_requests: number;
  local_open: boolean;
  remote_open: boolean;
  is_open(): boolean;
}

export interface Terminus {
  readonly address?: string;
  readonly filter?: Readonly<Record<string, unknown>>;
}

export interface AttachFields {
  name: string;
  role: boolean;
  snd_settle_mode?: number;
  rcv_settle_mode?: number;
  max_message_size?: unknown;
  properties?: Readonly<Record<string, unknown>> | undefined;
  source?: Terminus | null;
  target?: Terminus | null;
}

export interface LinkInternals {
  readonly name: string;
  readonly session: SessionInternals;
  readonly connection: ConnectionInternals;
  readonly state: EndpointState;
  on_flow(frame: { readonly performative: FlowFields }): void;
  readonly local: { readonly handle: number; readonly attach: AttachFields };
  readonly remote: { attach?: AttachFields };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  is_open(): boolean;
  is_receiver(): boolean;
  set_source(fields: Record<string, unknown>): void;
  set_target(fields: Record<string, unknown>): void;
  close(error?: AmqpErrorFields): void;
  on(event: string, listener: (context: LinkContext) => void): void;
}

export interface SenderInternals extends LinkInternals {
  _draining: boolean;
  _get_drain(): boolean;
  send(payload: Buffer, tag: Buffer, format: number): OutgoingDelivery;
}

export interface ReceiverInternals extends LinkInternals {
  _incomplete?: IncomingDelivery | undefined;
  is_remote_open(): boolean;
  add_credit(credit: number): void;
}

export interface LinkContext {
  readonly sender?: SenderInternals;
  readonly receiver?: ReceiverInternals;
  readonly session?: SessionInternals;
  readonly error?: unknown;
}

/** What a client says became of a delivery. */
export interface RemoteState {
  /** The fields as rhea read them, each with its AMQP type. */
  readonly value: readonly (TypedValue | undefined)[];
  readonly undeliverable_here?: boolean;
  readonly delivery_failed?: boolean;
  readonly error?: AmqpErrorFields & {
    readonly info?: Readonly<Record<string, unknown>>;
    readonly value?: readonly TypedValue[];
  };
}

export interface TypedValue {
  readonly type: { readonly typecode: number };
  readonly value: unknown;
}

export interface TransferPerformative {
  readonly delivery_id?: number | undefined;
  readonly delivery_tag?: Buffer;
  readonly message_format?: number | undefined;
  readonly settled?: boolean;
  readonly more?: boolean;
  readonly aborted?: boolean;
}

export interface TransferFrame {
  readonly performative: TransferPerformative;
  readonly payload?: Buffer | undefined;
}

export interface BeginFields {
  readonly next_outgoing_id: number;
  readonly incoming_window: number;
}

export interface FlowFields {
  readonly next_incoming_id: number | undefined;
  readonly incoming_window: number;
  readonly next_outgoing_id: number;
  readonly outgoing_window: number;
  readonly handle: number | undefined;
  readonly delivery_count: number | undefined;
  readonly link_credit: number | undefined;
  readonly drain: boolean;
}

export interface DispositionFields {
  readonly first: number;
  readonly last?: number;
  readonly settled?: boolean;
  readonly state?: unknown;
}

/** An attach as it came; what a client attaches to is not read yet. */
export interface AttachFrame {
  readonly performative: {
    source: DescribedValue | null | undefined;
    target: DescribedValue | null | undefined;
  };
}

interface DescribedValue {
  readonly descriptor?: { readonly value: unknown };
}

export interface SessionInternals {
  readonly connection: ConnectionInternals;
  readonly state: EndpointState;
  readonly local: { readonly channel: number };
  readonly remote: {
    readonly begin?: BeginFields;
    readonly handles: Readonly<Record<number, LinkInternals | undefined>>;
  };
  readonly links: Readonly<Record<string, LinkInternals>>;
  outgoing: OutgoingTransfers;
  incoming: IncomingTransfers;
  output(frame: unknown): void;
  on_attach(frame: AttachFrame): void;
  _write_flow(link?: LinkInternals): void;
}

export interface ConnectionInternals {
  socket_ready: boolean;
  readonly transport: { peek_size(buffer: Buffer): number | undefined };
  readonly amqp_transport: { readonly header_received: unknown; read(buffer: Buffer): number };
  readonly options: { readonly id: string };
  readonly max_frame_size?: number;
  /** Set while a frame has come in part: its size, and how much of it there is. */
  readonly frame_size?: number | undefined;
  readonly received_bytes: number;
  input(bytes: Buffer): void;
  readonly remote_channel_map: Readonly<Record<number, SessionInternals | undefined>>;
  on(event: string, listener: (context: never) => void): void;
  is_open(): boolean;
  close(error?: AmqpErrorFields): void;
  accept(socket: unknown): void;
  _register(): void;
  _write_frame(): void;
  _disconnected(error?: unknown): void;
}
