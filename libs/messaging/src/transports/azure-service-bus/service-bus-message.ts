import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus';
import type { BrokerFacts, NativeMessage, ReceivedMessage } from '../../native-message.js';

/** What the SDK sends for a native message; at `deliverAt` when given. */
export function toServiceBusMessage(native: NativeMessage, deliverAt?: Date): ServiceBusMessage {
  const { messageId, subject, contentType, correlationId, sessionId, applicationProperties, body, timeToLiveMs } =
    native;
  return {
    messageId,
    subject,
    contentType,
    ...(correlationId === undefined ? {} : { correlationId }),
    sessionId,
    applicationProperties: { ...applicationProperties },
    body,
    ...(timeToLiveMs === undefined ? {} : { timeToLive: timeToLiveMs }),
    ...(deliverAt === undefined ? {} : { scheduledEnqueueTimeUtc: deliverAt }),
  };
}

/** What a receiver is to leave as it was sent: a body of JSON is bytes to us, and a time in a property is a time. */
export const asSent = { skipParsingBodyAsJson: true, skipConvertingDate: true } as const;

/** What a receiver with {@link asSent} received, for the shared mapping. */
export function fromServiceBusMessage(message: ServiceBusReceivedMessage): ReceivedMessage {
  const { messageId, subject, contentType, correlationId, applicationProperties } = message;
  return {
    messageId,
    subject,
    contentType,
    correlationId,
    ...(applicationProperties === undefined ? {} : { applicationProperties }),
    body: bytes(message),
  };
}

/** What the broker knows of a message in `queue`, or in its dead-letter queue. */
export function brokerFacts(message: ServiceBusReceivedMessage, queue: string): BrokerFacts {
  return {
    stableId: `sequence:${String(message.sequenceNumber ?? 0)}@${queue}`,
    enqueuedAt: message.enqueuedTimeUtc ?? new Date(0),
  };
}

/** The bytes of the data sections; other AMQP bodies, which we never send, as their text or JSON. */
function bytes({ body, _rawAmqpMessage: { bodyType } }: ServiceBusReceivedMessage): Uint8Array {
  const content: unknown = body;
  if (content instanceof Uint8Array) return content;
  if (content === undefined || content === null) return new Uint8Array();
  if (bodyType === 'data' && Array.isArray(content)) return Buffer.concat(content as readonly Uint8Array[]);
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
}
