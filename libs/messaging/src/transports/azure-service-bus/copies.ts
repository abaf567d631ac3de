import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { EditedMessage } from '../../dead-letter/dead-letters.js';
import { editedEnvelope, editedProperties } from '../../dead-letter/edited-message.js';
import type { Envelope } from '../../envelope.js';
import { type DeliveryState } from '../../delivery-state.js';
import {
  consumerVersionProperty,
  idProperties,
  nativeMessageId,
  stateProperties,
  timeToLiveProperty,
  toNative,
} from '../../native-message.js';
import { EncodedMessage, type Sendable } from './encoded-message.js';
import { bytesOf } from './received-bytes.js';
import { idSection, type Lifetime, readLifetime, rewriteMessage } from './rewrite-message.js';
import { toServiceBusMessage } from './service-bus-message.js';

/** The longest time to live that fits in a header, in milliseconds; a longer one shows in two properties. */
const longestHeaderMs = 0xffff_ffff;

/** A message as it was received, and what we read in it. */
export interface Original {
  readonly message: ServiceBusReceivedMessage;
  readonly envelope: Envelope;
}

/** What a copy has of its own. */
interface Own {
  readonly state: DeliveryState;
  readonly lifetime: Lifetime;
  readonly deliverAt: number | undefined;
  readonly properties: Readonly<Record<string, string | number | undefined>>;
  /** The original's when absent. */
  readonly body?: Uint8Array;
}

/**
 * The copy of a message that is delivered after `delayMs`, and expires when its original would; `'expired'` when that is
 * before its delivery. `brokerNow` is the time by the broker's clock, `deliverAt` the moment of delivery by ours, both in
 * milliseconds since 1970.
 */
export function retryCopy(
  original: Original,
  state: DeliveryState,
  when: { readonly delayMs: number; readonly brokerNow: number; readonly deliverAt: number | undefined },
): Sendable | 'expired' {
  const given = lifetimeOf(original.message);
  const enqueuedAt = original.message.enqueuedTimeUtc?.getTime() ?? when.brokerNow;
  const left =
    given.timeToLive === undefined ? undefined : enqueuedAt + given.timeToLive - when.brokerNow - when.delayMs;
  if (left !== undefined && left < 1) return 'expired';
  // Only there the two properties are what counts, and say it of the copy.
  const isLong = left !== undefined && left > longestHeaderMs && given.expiry !== undefined;
  const lifetime = { timeToLive: left, expiry: undefined, creation: isLong ? given.expiry - left : undefined };
  const firstTimeToLive = original.message.applicationProperties?.[timeToLiveProperty] ?? given.timeToLive;
  const properties = { [timeToLiveProperty]: Number(firstTimeToLive ?? 0) || undefined };
  return copy(original, { state, lifetime, deliverAt: when.deliverAt, properties });
}

/**
 * The copy of a dead letter that starts anew, its time to live as well; `brokerNow` as for {@link retryCopy}. With an edit
 * it is another message, which has of the letter what the edit does not name.
 */
export function replayCopy(
  original: Original,
  state: DeliveryState,
  { brokerNow, edit }: { readonly brokerNow: number; readonly edit?: EditedMessage | undefined },
): Sendable {
  const given = lifetimeOf(original.message);
  const first = Number(original.message.applicationProperties?.[timeToLiveProperty] ?? given.timeToLive ?? 0);
  const timeToLive = first > 0 ? first : undefined;
  const isWritten = timeToLive !== undefined && given.expiry !== undefined && given.creation !== undefined;
  const times = isWritten ? { expiry: brokerNow + timeToLive, creation: brokerNow } : none;
  const properties = { [timeToLiveProperty]: undefined, ...causesOfDeath, ...(edit && editedProperties(edit)) };
  const body = edit?.body;
  return copy(edited(original, edit), {
    ...{ state, lifetime: { timeToLive, ...times }, deliverAt: undefined, properties },
    ...(body !== undefined && { body }),
  });
}

const none = { expiry: undefined, creation: undefined };
/** What dead-lettering added. */
const causesOfDeath = {
  DeadLetterReason: undefined,
  DeadLetterErrorDescription: undefined,
  [consumerVersionProperty]: undefined,
};

function edited({ message, envelope }: Original, edit: EditedMessage | undefined): Original {
  return edit === undefined ? { message, envelope } : { message, envelope: editedEnvelope(envelope, edit) };
}

function copy({ message, envelope }: Original, { state, lifetime, deliverAt, properties, body }: Own): Sendable {
  const anew = () => {
    const at = deliverAt === undefined ? undefined : new Date(deliverAt);
    const { timeToLive } = lifetime;
    return { ...toServiceBusMessage(toNative(envelope, state), at), ...(timeToLive !== undefined && { timeToLive }) };
  };
  const bytes = bytesOf(message);
  if (bytes === undefined) return anew();
  const applicationProperties = {
    ...idProperties(envelope, message.applicationProperties ?? {}),
    ...stateProperties(state),
    ...properties,
  };
  const messageId = nativeMessageId({ ...state, id: envelope.id });
  const isAlone = deliverAt !== undefined || message.sessionId !== undefined || message.partitionKey !== undefined;
  return new EncodedMessage({
    id: envelope.id,
    bytes: rewriteMessage(bytes, { messageId, applicationProperties, lifetime, deliverAt, body }),
    ...(!isAlone && { head: idSection(messageId) }),
    otherwise: anew,
  });
}

/** What a message says of its lifetime; where its header is silent, by what its sender wrote in the properties. */
function lifetimeOf(message: ServiceBusReceivedMessage): Lifetime {
  const bytes = bytesOf(message);
  if (bytes === undefined) return { timeToLive: message.timeToLive, ...none };
  const { timeToLive, expiry, creation } = readLifetime(bytes);
  const written = expiry === undefined || creation === undefined ? undefined : expiry - creation;
  const isLong =
    written !== undefined && written > longestHeaderMs && (timeToLive ?? longestHeaderMs) === longestHeaderMs;
  return { timeToLive: isLong ? written : (timeToLive ?? written), expiry, creation };
}
