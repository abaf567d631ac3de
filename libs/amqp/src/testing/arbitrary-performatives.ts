import fc from 'fast-check';
import type { Disposition, Flow, Performative, Transfer } from '../codec/performatives.js';
import type { DeliveryState, Outcome } from '../codec/states.js';
import { type AmqpValue, symbol } from '../codec/value.js';
import { amqpValue, binary, text } from './arbitrary-values.js';

/** A performative as its type's table writes it: what is absent is no property. */
type Given<T> = Partial<T>;
type Kind<T extends { readonly type: string }> = Given<T> & { readonly type: T['type'] };

export const uint = fc.oneof(fc.nat({ max: 0xffff_ffff }), fc.nat({ max: 300 }));
const name = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 });
const ulong = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
export const fields = fc.array(fc.tuple(name, amqpValue), { maxLength: 3 }).map((entries) => new Map(entries));
const symbols = fc.array(name, { maxLength: 4 });

const error = fc.record(
  { type: fc.constant('error' as const), condition: name, description: text, info: fields },
  { requiredKeys: ['type', 'condition'] },
);

export const outcome = fc.oneof(
  fc.record({ type: fc.constant('accepted' as const) }),
  fc.record({ type: fc.constant('released' as const) }),
  fc.record({ type: fc.constant('rejected' as const), error }, { requiredKeys: ['type'] }),
  fc.record(
    {
      type: fc.constant('modified' as const),
      deliveryFailed: fc.boolean(),
      undeliverableHere: fc.boolean(),
      messageAnnotations: fields,
    },
    { requiredKeys: ['type'] },
  ),
) as fc.Arbitrary<Outcome>;

export const deliveryState = fc.oneof(
  outcome,
  fc.record({ type: fc.constant('received' as const), sectionNumber: uint, sectionOffset: ulong }),
  fc.record({ type: fc.constant('declared' as const), txnId: binary }),
  fc.record(
    { type: fc.constant('transactional-state' as const), txnId: binary, outcome },
    { requiredKeys: ['type', 'txnId'] },
  ),
) as fc.Arbitrary<DeliveryState>;

export const transfer = fc.record(
  {
    type: fc.constant('transfer' as const),
    handle: uint,
    deliveryId: uint,
    deliveryTag: fc.uint8Array({ maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
    messageFormat: uint,
    settled: fc.boolean(),
    more: fc.boolean(),
    rcvSettleMode: fc.constantFrom(0, 1),
    state: deliveryState,
    resume: fc.boolean(),
    aborted: fc.boolean(),
    batchable: fc.boolean(),
  },
  { requiredKeys: ['type', 'handle'] },
) as fc.Arbitrary<Kind<Transfer>>;

export const disposition = fc.record(
  {
    type: fc.constant('disposition' as const),
    role: fc.boolean(),
    first: uint,
    last: uint,
    settled: fc.boolean(),
    state: deliveryState,
    batchable: fc.boolean(),
  },
  { requiredKeys: ['type', 'role', 'first'] },
) as fc.Arbitrary<Kind<Disposition>>;

export const flow = fc.record(
  {
    type: fc.constant('flow' as const),
    nextIncomingId: uint,
    incomingWindow: uint,
    nextOutgoingId: uint,
    outgoingWindow: uint,
    handle: uint,
    deliveryCount: uint,
    linkCredit: uint,
    available: uint,
    drain: fc.boolean(),
    echo: fc.boolean(),
    properties: fields,
  },
  { requiredKeys: ['type', 'incomingWindow', 'nextOutgoingId', 'outgoingWindow'] },
) as fc.Arbitrary<Kind<Flow>>;

const capabilities = { offeredCapabilities: symbols, desiredCapabilities: symbols, properties: fields };
const terminus = {
  address: fc.oneof(text as fc.Arbitrary<AmqpValue>, name.map(symbol)),
  durable: fc.constantFrom(0, 1, 2),
  expiryPolicy: fc.constantFrom('session-end', 'never'),
  timeout: uint,
  dynamic: fc.boolean(),
  dynamicNodeProperties: fields,
  capabilities: symbols,
};
const source = fc.record(
  {
    type: fc.constant('source' as const),
    ...terminus,
    distributionMode: fc.constantFrom('move', 'copy'),
    filter: fields,
    defaultOutcome: outcome,
    outcomes: symbols,
  },
  { requiredKeys: ['type'] },
);
const target = fc.oneof(
  fc.record({ type: fc.constant('target' as const), ...terminus }, { requiredKeys: ['type'] }),
  fc.record({ type: fc.constant('coordinator' as const), capabilities: symbols }, { requiredKeys: ['type'] }),
);

const others = fc.oneof(
  fc.record(
    {
      type: fc.constant('open' as const),
      containerId: text,
      hostname: text,
      maxFrameSize: uint,
      channelMax: fc.nat({ max: 0xffff }),
      idleTimeOut: uint,
      outgoingLocales: symbols,
      incomingLocales: symbols,
      ...capabilities,
    },
    { requiredKeys: ['type', 'containerId'] },
  ),
  fc.record(
    {
      type: fc.constant('begin' as const),
      remoteChannel: fc.nat({ max: 0xffff }),
      nextOutgoingId: uint,
      incomingWindow: uint,
      outgoingWindow: uint,
      handleMax: uint,
      ...capabilities,
    },
    { requiredKeys: ['type', 'nextOutgoingId', 'incomingWindow', 'outgoingWindow'] },
  ),
  fc.record(
    {
      type: fc.constant('attach' as const),
      name: text,
      handle: uint,
      role: fc.boolean(),
      sndSettleMode: fc.constantFrom(0, 1, 2),
      rcvSettleMode: fc.constantFrom(0, 1),
      source,
      target,
      unsettled: fc.array(fc.tuple(binary, amqpValue), { maxLength: 2 }).map((entries) => new Map(entries)),
      incompleteUnsettled: fc.boolean(),
      initialDeliveryCount: uint,
      maxMessageSize: ulong,
      ...capabilities,
    },
    { requiredKeys: ['type', 'name', 'handle', 'role'] },
  ),
  fc.record(
    { type: fc.constant('detach' as const), handle: uint, closed: fc.boolean(), error },
    { requiredKeys: ['type', 'handle'] },
  ),
  fc.record({ type: fc.constant('end' as const), error }, { requiredKeys: ['type'] }),
  fc.record({ type: fc.constant('close' as const), error }, { requiredKeys: ['type'] }),
);

/** Any performative, its optional fields there or not. */
export const performative = fc.oneof(transfer, disposition, flow, others) as fc.Arbitrary<Performative>;
