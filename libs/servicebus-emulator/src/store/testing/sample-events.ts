import fc from 'fast-check';
import type { BrokerEvent, SingleEvent } from '../../entities/events.js';
import type { MessageContent, StoredMessage } from '../../message.js';
import { DEFAULT_QUEUE_OPTIONS, DEFAULT_SUBSCRIPTION_OPTIONS, DEFAULT_TOPIC_OPTIONS } from '../../entities/options.js';
import { type FilterValue, Timespan } from '../../rules/index.js';

/** A message with this number and body. */
export function message(sequenceNumber: number, body = `body ${sequenceNumber}`): StoredMessage {
  return {
    sequenceNumber,
    enqueuedSequenceNumber: sequenceNumber,
    enqueuedAt: 1_700_000_000_000,
    expiresAt: undefined,
    deliveryCount: 0,
    state: 'active',
    scheduledFor: undefined,
    sessionId: undefined,
    deadLetterSource: undefined,
    hops: 0,
    content: {
      bare: Buffer.from(body),
      annotations: Buffer.alloc(0),
      durable: undefined,
      firstAcquirer: undefined,
      priority: 4,
      timeToLive: undefined,
      partitionKey: undefined,
    },
  };
}

export function enqueued(sequenceNumber: number, body?: string): SingleEvent {
  return { type: 'enqueued', path: 'orders', message: message(sequenceNumber, body) };
}

export function removed(sequenceNumber: number): SingleEvent {
  return { type: 'removed', path: 'orders', sequenceNumber };
}

const count = fc.maxSafeNat();
const time = fc.integer({ min: 0, max: 1e15 });
const path = fc.constantFrom('orders', 'events/Subscriptions/billing', 'orders/$DeadLetterQueue', 'ñandú');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

const value: fc.Arbitrary<FilterValue> = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.date({ noInvalidDate: true }),
  fc.integer().map((ms) => new Timespan(ms)),
);
const values = fc.dictionary(fc.string(), value, { noNullPrototype: true });

const content: fc.Arbitrary<MessageContent> = fc.record({
  bare: bytes,
  annotations: bytes,
  durable: maybe(fc.boolean()),
  firstAcquirer: maybe(fc.boolean()),
  priority: fc.nat(255),
  timeToLive: maybe(time),
  partitionKey: maybe(fc.string()),
});

const stored = (of: fc.Arbitrary<MessageContent>): fc.Arbitrary<StoredMessage> =>
  fc.record({
    sequenceNumber: count,
    enqueuedSequenceNumber: count,
    enqueuedAt: time,
    expiresAt: maybe(time),
    deliveryCount: fc.nat(),
    state: fc.constantFrom('active' as const, 'deferred' as const, 'scheduled' as const),
    scheduledFor: maybe(time),
    sessionId: maybe(fc.string({ unit: 'binary' })),
    deadLetterSource: maybe(path),
    hops: fc.nat(5),
    content: of,
  });

const filter = fc.oneof(
  fc.record({ kind: fc.constantFrom('true' as const, 'false' as const) }),
  fc.record({ kind: fc.constant('sql' as const), expression: fc.string(), parameters: values }),
  fc.record({ kind: fc.constant('sql' as const), expression: fc.string() }),
  fc.record(
    { kind: fc.constant('correlation' as const), subject: fc.string(), properties: values },
    { requiredKeys: ['kind'] },
  ),
);
const action = fc.record({ expression: fc.string(), parameters: values }, { requiredKeys: ['expression'] });
const rule = fc.record({ name: fc.string(), filter, action }, { requiredKeys: ['name', 'filter'] });

const entity = fc.constantFrom(
  { kind: 'queue' as const, path: 'orders', options: DEFAULT_QUEUE_OPTIONS },
  { kind: 'topic' as const, path: 'events', options: DEFAULT_TOPIC_OPTIONS },
  { kind: 'subscription' as const, path: 'events/Subscriptions/a', options: DEFAULT_SUBSCRIPTION_OPTIONS },
);

function single(of: fc.Arbitrary<MessageContent>): fc.Arbitrary<SingleEvent> {
  const type = <T extends string>(name: T) => fc.constant(name);
  return fc.oneof(
    fc.record({ type: fc.constantFrom('entity-created' as const, 'entity-updated' as const), entity, at: time }),
    fc.record({ type: type('entity-deleted'), path, at: time }),
    fc.record({ type: type('rule-added'), path, rule, at: time }),
    fc.record({ type: type('rule-removed'), path, name: fc.string(), at: time }),
    fc.record({ type: type('enqueued'), path, message: stored(of) }),
    fc.record({ type: type('removed'), path, sequenceNumber: count }),
    fc.record({
      type: type('activated'),
      path,
      scheduledAs: count,
      sequenceNumber: count,
      at: time,
      expiresAt: maybe(time),
    }),
    fc.record({
      type: type('changed'),
      path,
      sequenceNumber: count,
      deliveryCount: fc.nat(),
      state: fc.constantFrom('active' as const, 'deferred' as const),
      content: maybe(of),
    }),
    fc.record({ type: type('sequence-used'), path, last: count }),
    fc.record({ type: type('message-id-seen'), path, key: fc.string(), at: time }),
    fc.record({ type: type('message-id-forgotten'), path, key: fc.string() }),
    fc.record({ type: type('session-state-set'), path, sessionId: fc.string(), state: maybe(bytes), at: time }),
  ) as fc.Arbitrary<SingleEvent>;
}

/** Any event that a broker may record; the messages of a group may share their content. */
export const anyEvent: fc.Arbitrary<BrokerEvent> = fc.oneof(
  single(content),
  fc
    .array(content, { minLength: 1, maxLength: 2 })
    .chain((contents) => fc.array(single(fc.constantFrom(...contents)), { maxLength: 5 }))
    .map((events): BrokerEvent => ({ type: 'group', events })),
);
