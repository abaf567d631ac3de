/**
 * The parts of rhea this broker touches beyond its published types: raw transfers, credit and held attaches. One
 * place, so that an upgrade of rhea is checked against this file.
 */

export interface AmqpErrorFields {
  readonly condition: string;
  readonly description: string;
}

export interface EndpointState {
  open_requests: number;
  close_requests: number;
  local_open: boolean;
  remote_open: boolean;
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
  readonly local: { readonly handle: number; readonly attach: AttachFields };
  readonly remote: { attach?: AttachFields };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  is_open(): boolean;
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
  readonly delivery?: OutgoingDelivery;
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

export interface OutgoingDelivery {
  readonly id: number;
  settled: boolean;
  remote_settled: boolean;
  readonly remote_state?: RemoteState;
  update(settled: boolean, state: unknown): void;
}

export interface IncomingDelivery {
  readonly id: number;
  readonly format: number;
  readonly link: ReceiverInternals;
  settled: boolean;
  state: unknown;
  remote_settled: boolean;
  remote_state: unknown;
  /** Bytes so far; undefined once they were more than the link allows. */
  frames: Buffer[] | undefined;
  size: number;
  incomplete: boolean;
  update(settled: boolean, state: unknown): void;
}

export interface TransferFrame {
  readonly performative: {
    readonly delivery_id?: number;
    readonly delivery_tag?: Buffer;
    readonly message_format?: number;
    readonly settled?: boolean;
    readonly state?: unknown;
    readonly more?: boolean;
    readonly aborted?: boolean;
  };
  readonly payload?: Buffer;
}

export interface SessionInternals {
  readonly connection: ConnectionInternals;
  output(frame: unknown): void;
  readonly links: Readonly<Record<string, LinkInternals>>;
  readonly outgoing: {
    readonly next_pending_delivery: number;
    available(): number;
  };
  readonly incoming: {
    next_transfer_id: number;
    next_delivery_id: number | undefined;
    readonly deliveries: { push(delivery: IncomingDelivery): void };
    update(delivery: IncomingDelivery, settled: boolean, state: unknown): void;
    on_transfer(frame: TransferFrame, receiver: ReceiverInternals): void;
  };
}

export interface ConnectionInternals {
  socket_ready: boolean;
  readonly transport: { peek_size(buffer: Buffer): number | undefined };
  readonly options: { readonly id: string };
  on(event: string, listener: (context: never) => void): void;
  is_open(): boolean;
  close(error?: AmqpErrorFields): void;
  accept(socket: unknown): void;
  _register(): void;
  _write_frame(): void;
  _disconnected(error?: unknown): void;
}
