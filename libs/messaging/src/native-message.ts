import { createHash } from 'node:crypto';
import { keptFailure, type DeliveryState, firstDelivery } from './delivery-state.js';
import type { Envelope } from './envelope.js';

/**
 * How an envelope becomes a broker's native message and back: the one mapping every transport uses. Attributes follow
 * the AMQP binding of CloudEvents 1.0
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md), written with the
 * prefix `cloudEvents_` and read with `cloudEvents:` as well.
 */
export interface NativeMessage {
  /** What the broker's duplicate detection compares; see {@link nativeMessageId}. */
  readonly messageId: string;
  /** The envelope's type: subscription rules filter on it. */
  readonly subject: string;
  readonly contentType: string;
  readonly correlationId?: string;
  /** The session it belongs to in queues that require sessions; see {@link sessionIdOf}. */
  readonly sessionId: string;
  readonly applicationProperties: Readonly<Record<string, string | number | boolean>>;
  readonly body: Uint8Array;
  /** How long it may wait to be delivered, in milliseconds; as long as the queue allows when absent. */
  readonly timeToLiveMs?: number;
}

/** A message as a broker handed it over. Anyone may have sent it, so nothing but the body is taken for granted. */
export interface ReceivedMessage {
  readonly messageId?: unknown;
  readonly subject?: unknown;
  readonly contentType?: unknown;
  readonly correlationId?: unknown;
  readonly applicationProperties?: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

/** What the broker itself knows of a message whose sender said too little. */
export interface BrokerFacts {
  /** The same for every delivery of the message, e.g. `sequence:42@orders`. */
  readonly stableId: string;
  /** When the broker stored the message. */
  readonly enqueuedAt: Date;
}

/** The counts of a state. */
type Count = Exclude<keyof DeliveryState, 'firstFailure' | 'maxAttempts' | 'inCompany'>;

/** The application property that counts releases; a transport raises it when it hands a message back. */
export const releasesProperty = 'messaging_releases';

/**
 * The application property that keeps, on a copy that is delivered later, the time to live its original was sent with, in
 * milliseconds: the copy's own is what remains of it, and a replay starts it anew.
 */
export const timeToLiveProperty = 'messaging_time_to_live';

/**
 * The application property that says when a message expires, in milliseconds since 1970 by its sender's clock: for brokers
 * that do not keep count over a delay.
 */
export const expiresAtProperty = 'messaging_expires_at';

/** The application property that carries the first failure. */
const firstFailureProperty = 'messaging_first_failure';

/** The application property that limits the attempts of a replayed message: it only lowers what its handler has. */
const maxAttemptsProperty = 'messaging_max_attempts';

/** The application property that says how many deliveries had ended unsettled when the message was isolated. */
const inCompanyProperty = 'messaging_in_company';

/** The application property of a dead letter that says which version of its consumer gave it up. */
export const consumerVersionProperty = 'consumer-version';

const maxNativeIdLength = 128;
const countProperties = {
  generation: 'messaging_generation',
  round: 'messaging_round',
  attempts: 'messaging_attempts',
  releases: releasesProperty,
  unsettled: 'messaging_unsettled',
} as const satisfies Record<Count, string>;
const prefixes = ['cloudEvents_', 'cloudEvents:'] as const;
/** An attribute as it is written, and as it is read besides. */
const named = (attribute: string): readonly [written: string, alsoRead: string] => [
  prefixes[0] + attribute,
  prefixes[1] + attribute,
];
const names = {
  specversion: named('specversion'),
  id: named('id'),
  type: named('type'),
  source: named('source'),
  time: named('time'),
  partitionkey: named('partitionkey'),
  contractversion: named('contractversion'),
} as const;
type Attribute = keyof typeof names;
const countNames = Object.entries(countProperties) as readonly (readonly [Count, string])[];

/** Properties that are not the sender's headers: our attributes and states, and what the broker adds to dead letters. */
const reservedProperties: ReadonlySet<string> = new Set([
  ...Object.values(names).flat(),
  ...Object.values(countProperties),
  firstFailureProperty,
  maxAttemptsProperty,
  inCompanyProperty,
  consumerVersionProperty,
  timeToLiveProperty,
  expiresAtProperty,
  'DeadLetterReason',
  'DeadLetterErrorDescription',
]);

/** The native form of `envelope`. Headers never replace an attribute of ours. */
export function toNative(envelope: Envelope, state: DeliveryState = firstDelivery): NativeMessage {
  const properties: Record<string, string | number> = {};
  const { headers } = envelope;
  for (const name of Object.keys(headers)) {
    if (!reservedProperties.has(name)) properties[name] = headers[name] as string;
  }
  properties[names.specversion[0]] = '1.0';
  properties[names.id[0]] = envelope.id;
  properties[names.type[0]] = envelope.type;
  properties[names.source[0]] = envelope.source;
  properties[names.time[0]] = envelope.time;
  if (envelope.orderingKey !== undefined) properties[names.partitionkey[0]] = envelope.orderingKey;
  properties[names.contractversion[0]] = envelope.version;
  for (const [field, name] of countNames) if (state[field] > 0) properties[name] = state[field];
  if (state.firstFailure !== undefined) properties[firstFailureProperty] = state.firstFailure;
  if (state.maxAttempts !== undefined) properties[maxAttemptsProperty] = state.maxAttempts;
  if (state.inCompany !== undefined) properties[inCompanyProperty] = state.inCompany;
  return {
    messageId: nativeMessageId({ id: envelope.id, generation: state.generation, round: state.round }),
    subject: envelope.type,
    contentType: envelope.contentType,
    ...(envelope.correlationId === undefined ? {} : { correlationId: envelope.correlationId }),
    sessionId: sessionIdOf(envelope),
    applicationProperties: properties,
    body: envelope.body,
  };
}

/**
 * The application properties of a state by name, for a copy that keeps all others as they are; undefined where it has
 * none of that name.
 */
export function stateProperties(state: DeliveryState): Readonly<Record<string, string | number | undefined>> {
  const counts = countNames.map(([field, name]) => [name, state[field] || undefined]);
  const others = [
    [firstFailureProperty, state.firstFailure],
    [maxAttemptsProperty, state.maxAttempts],
    [inCompanyProperty, state.inCompany],
  ];
  return Object.fromEntries([...counts, ...others]) as Record<string, string | number | undefined>;
}

/**
 * The attributes that a copy must be given where its original has none, because the broker's own change with each copy:
 * id and time.
 */
export function idProperties(
  envelope: Envelope,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const written = (attribute: Attribute): boolean => read(given, attribute) !== undefined;
  return {
    ...(written('id') ? {} : { cloudEvents_id: envelope.id }),
    ...(written('time') ? {} : { cloudEvents_time: envelope.time }),
  };
}

/** Whether a property is no header of the sender's, but an attribute or a state of ours, or said by the broker. */
export function isReserved(property: string): boolean {
  return reservedProperties.has(property);
}

/**
 * Reads a native message. Never throws: what is missing or odd becomes an envelope that the decoding step refuses with
 * a reason (an empty type, version -1), so that the message ends in the dead-letter queue and not in a crash loop.
 */
export function fromNative(
  native: ReceivedMessage,
  facts: BrokerFacts,
): { readonly envelope: Envelope; readonly state: DeliveryState } {
  const properties = native.applicationProperties ?? {};
  const orderingKey = read(properties, 'partitionkey');
  const correlationId = text(native.correlationId);
  // Assigned where there are any: this is on the way of every delivery, where a spread of none costs as much as of one.
  const envelope: { -readonly [Name in keyof Envelope]: Envelope[Name] } = {
    id: read(properties, 'id') ?? text(native.messageId) ?? facts.stableId,
    type: read(properties, 'type') ?? text(native.subject) ?? text(properties['type']) ?? '',
    version: version(read(properties, 'contractversion')),
    source: read(properties, 'source') ?? '/unknown',
    time: read(properties, 'time') ?? facts.enqueuedAt.toISOString(),
    contentType: text(native.contentType) ?? 'application/octet-stream',
    headers: headers(properties),
    body: native.body,
  };
  if (orderingKey !== undefined) envelope.orderingKey = orderingKey;
  if (correlationId !== undefined) envelope.correlationId = correlationId;
  return { envelope, state: readState(properties) };
}

/**
 * The native id of one copy of a message: `id` itself for the first, `id/generation/round` for later ones, so that a
 * copy differs from its original (which the broker's duplicate detection would otherwise drop) and equals its twin
 * (which it should). Longer than the 128 characters a broker allows, it is hashed behind a readable prefix.
 */
export function nativeMessageId(copy: {
  readonly id: string;
  readonly generation: number;
  readonly round: number;
}): string {
  const isFirst = copy.generation === 0 && copy.round === 0;
  return withinNativeLength(isFirst ? copy.id : `${copy.id}/${copy.generation}/${copy.round}`);
}

/**
 * The session of a message: its ordering key, or its id when it has none, so that a queue that requires sessions takes
 * every message; hashed like {@link nativeMessageId} when it is too long.
 */
export function sessionIdOf({ orderingKey, id }: Pick<Envelope, 'orderingKey' | 'id'>): string {
  return withinNativeLength(orderingKey || id);
}

function withinNativeLength(text: string): string {
  if (text.length <= maxNativeIdLength) return text;
  const hash = createHash('sha256').update(text).digest('base64url');
  return `${text.slice(0, maxNativeIdLength - hash.length - 1)}~${hash}`;
}

/** An attribute under the first of its names that has one; undefined when it is absent, empty or has no text of its own. */
function read(properties: Readonly<Record<string, unknown>>, attribute: Attribute): string | undefined {
  const [written, alsoRead] = names[attribute];
  return text(properties[written]) ?? text(properties[alsoRead]);
}

function readState(properties: Readonly<Record<string, unknown>>): DeliveryState {
  const written = text(properties[firstFailureProperty]);
  const firstFailure = written === undefined ? '' : keptFailure(written);
  const maxAttempts = wholeNumber(text(properties[maxAttemptsProperty])) ?? 0;
  const inCompany = wholeNumber(text(properties[inCompanyProperty])) ?? 0;
  const counts = {
    generation: count(properties, 'generation'),
    round: count(properties, 'round'),
    attempts: count(properties, 'attempts'),
    releases: count(properties, 'releases'),
    unsettled: count(properties, 'unsettled'),
  };
  if (firstFailure === '' && maxAttempts === 0 && inCompany === 0) return counts;
  return {
    ...counts,
    ...(firstFailure !== '' && { firstFailure }),
    ...(maxAttempts > 0 && { maxAttempts }),
    ...(inCompany > 0 && { inCompany }),
  };
}

function count(properties: Readonly<Record<string, unknown>>, field: Count): number {
  const written = properties[countProperties[field]];
  return written === undefined ? 0 : (wholeNumber(text(written)) ?? 0);
}

/** A sender without versions is version 0; one whose version is no whole number gets -1, which no contract has. */
function version(written: string | undefined): number {
  return written === undefined ? 0 : (wholeNumber(written) ?? -1);
}

function headers(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(properties)) {
    if (reservedProperties.has(name)) continue;
    const value = text(properties[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Property values as text; undefined for what is absent, empty or has no text of its own. */
function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return undefined;
}

function wholeNumber(written: string | undefined): number | undefined {
  if (written === undefined || !/^\d{1,9}$/.test(written)) return undefined;
  return Number(written);
}
