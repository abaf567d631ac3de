/** Frames of AMQP 0-9-1 (https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3.5 and 4.2). */
export const frameTypes = { method: 1, header: 2, body: 3 } as const;
export const frameEnd = 0xce;
/** What a frame has besides its payload, in bytes. */
export const frameOverhead = 8;
/** The class of methods that publish and deliver. */
export const basicClass = 60;

/** Which properties a message has, in their order on the wire. */
export const flags = {
  contentType: 0x8000,
  contentEncoding: 0x4000,
  headers: 0x2000,
  deliveryMode: 0x1000,
  priority: 0x0800,
  correlationId: 0x0400,
  replyTo: 0x0200,
  expiration: 0x0100,
  messageId: 0x0080,
  timestamp: 0x0040,
  type: 0x0020,
  userId: 0x0010,
  appId: 0x0008,
  clusterId: 0x0004,
  more: 0x0001,
} as const;
