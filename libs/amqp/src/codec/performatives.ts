import { Composite, mandatory, oneOf, optional, withDefault } from './composite.js';
import {
  binary,
  boolean,
  type Fields,
  fields,
  map,
  string,
  symbols,
  ubyte,
  uint,
  ulong,
  ushort,
} from './field-types.js';
import { type AmqpError, type DeliveryState, deliveryState, ERROR } from './states.js';
import { type Coordinator, SOURCE, type Source, type Target, targetOrCoordinator } from './terminus.js';
import type { AmqpMap } from './value.js';

const MAX_UINT = 0xffff_ffff;

interface Capabilities {
  readonly offeredCapabilities: readonly string[] | undefined;
  readonly desiredCapabilities: readonly string[] | undefined;
  readonly properties: Fields | undefined;
}

const capabilities = {
  offeredCapabilities: optional(symbols),
  desiredCapabilities: optional(symbols),
  properties: optional(fields),
} as const;

export interface Open extends Capabilities {
  readonly type: 'open';
  readonly containerId: string;
  readonly hostname: string | undefined;
  /** Bytes of the largest frame its sender takes, 512 at least. */
  readonly maxFrameSize: number;
  /** The highest channel number its sender takes. */
  readonly channelMax: number;
  /** Milliseconds without a frame after which its sender gives up. */
  readonly idleTimeOut: number | undefined;
  readonly outgoingLocales: readonly string[] | undefined;
  readonly incomingLocales: readonly string[] | undefined;
}

export const OPEN = new Composite<Open>('open', 0x10, {
  containerId: mandatory(string),
  hostname: optional(string),
  maxFrameSize: withDefault(uint, MAX_UINT),
  channelMax: withDefault(ushort, 0xffff),
  idleTimeOut: optional(uint),
  outgoingLocales: optional(symbols),
  incomingLocales: optional(symbols),
  ...capabilities,
});

export interface Begin extends Capabilities {
  readonly type: 'begin';
  /** The channel of the begin that this one answers. */
  readonly remoteChannel: number | undefined;
  readonly nextOutgoingId: number;
  /** Transfer frames. */
  readonly incomingWindow: number;
  /** Transfer frames. */
  readonly outgoingWindow: number;
  readonly handleMax: number;
}

export const BEGIN = new Composite<Begin>('begin', 0x11, {
  remoteChannel: optional(ushort),
  nextOutgoingId: mandatory(uint),
  incomingWindow: mandatory(uint),
  outgoingWindow: mandatory(uint),
  handleMax: withDefault(uint, MAX_UINT),
  ...capabilities,
});

export interface Attach extends Capabilities {
  readonly type: 'attach';
  readonly name: string;
  readonly handle: number;
  /** True when the one who writes it receives. */
  readonly role: boolean;
  /** 0 unsettled, 1 settled, 2 mixed. */
  readonly sndSettleMode: number;
  /** 0 first, 1 second. */
  readonly rcvSettleMode: number;
  readonly source: Source | undefined;
  readonly target: Target | Coordinator | undefined;
  readonly unsettled: AmqpMap | undefined;
  readonly incompleteUnsettled: boolean;
  /** Mandatory for a sender. */
  readonly initialDeliveryCount: number | undefined;
  /** Bytes; 0 or absent is no limit. */
  readonly maxMessageSize: bigint | undefined;
}

export const ATTACH = new Composite<Attach>('attach', 0x12, {
  name: mandatory(string),
  handle: mandatory(uint),
  role: mandatory(boolean),
  sndSettleMode: withDefault(ubyte, 2),
  rcvSettleMode: withDefault(ubyte, 0),
  source: optional(SOURCE),
  target: optional(targetOrCoordinator),
  unsettled: optional(map),
  incompleteUnsettled: withDefault(boolean, false),
  initialDeliveryCount: optional(uint),
  maxMessageSize: optional(ulong),
  ...capabilities,
});

export interface Flow {
  readonly type: 'flow';
  /** Absent before the begin of the other side has been seen. */
  readonly nextIncomingId: number | undefined;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
  /** Absent when the flow is about the session alone. */
  readonly handle: number | undefined;
  readonly deliveryCount: number | undefined;
  readonly linkCredit: number | undefined;
  readonly available: number | undefined;
  readonly drain: boolean;
  readonly echo: boolean;
  readonly properties: Fields | undefined;
}

export const FLOW = new Composite<Flow>('flow', 0x13, {
  nextIncomingId: optional(uint),
  incomingWindow: mandatory(uint),
  nextOutgoingId: mandatory(uint),
  outgoingWindow: mandatory(uint),
  handle: optional(uint),
  deliveryCount: optional(uint),
  linkCredit: optional(uint),
  available: optional(uint),
  drain: withDefault(boolean, false),
  echo: withDefault(boolean, false),
  properties: optional(fields),
});

export interface Transfer {
  readonly type: 'transfer';
  readonly handle: number;
  /** On the first transfer of a delivery; optional on the others. */
  readonly deliveryId: number | undefined;
  readonly deliveryTag: Buffer | undefined;
  readonly messageFormat: number | undefined;
  readonly settled: boolean | undefined;
  readonly more: boolean;
  readonly rcvSettleMode: number | undefined;
  readonly state: DeliveryState | undefined;
  readonly resume: boolean;
  readonly aborted: boolean;
  readonly batchable: boolean;
}

export const TRANSFER = new Composite<Transfer>('transfer', 0x14, {
  handle: mandatory(uint),
  deliveryId: optional(uint),
  deliveryTag: optional(binary),
  messageFormat: optional(uint),
  settled: optional(boolean),
  more: withDefault(boolean, false),
  rcvSettleMode: optional(ubyte),
  state: optional(deliveryState),
  resume: withDefault(boolean, false),
  aborted: withDefault(boolean, false),
  batchable: withDefault(boolean, false),
});

export interface Disposition {
  readonly type: 'disposition';
  /** True when the one who writes it received the deliveries. */
  readonly role: boolean;
  readonly first: number;
  /** Absent for one delivery alone. */
  readonly last: number | undefined;
  readonly settled: boolean;
  readonly state: DeliveryState | undefined;
  readonly batchable: boolean;
}

export const DISPOSITION = new Composite<Disposition>('disposition', 0x15, {
  role: mandatory(boolean),
  first: mandatory(uint),
  last: optional(uint),
  settled: withDefault(boolean, false),
  state: optional(deliveryState),
  batchable: withDefault(boolean, false),
});

export interface Detach {
  readonly type: 'detach';
  readonly handle: number;
  readonly closed: boolean;
  readonly error: AmqpError | undefined;
}

export const DETACH = new Composite<Detach>('detach', 0x16, {
  handle: mandatory(uint),
  closed: withDefault(boolean, false),
  error: optional(ERROR),
});

export interface End {
  readonly type: 'end';
  readonly error: AmqpError | undefined;
}

export const END = new Composite<End>('end', 0x17, { error: optional(ERROR) });

export interface Close {
  readonly type: 'close';
  readonly error: AmqpError | undefined;
}

export const CLOSE = new Composite<Close>('close', 0x18, { error: optional(ERROR) });

export type Performative = Open | Begin | Attach | Flow | Transfer | Disposition | Detach | End | Close;

/** What an AMQP frame begins with. */
export const performative = oneOf<Performative>('performative', [
  ...[TRANSFER, DISPOSITION, FLOW, ATTACH, DETACH, BEGIN, END, OPEN, CLOSE],
]);
