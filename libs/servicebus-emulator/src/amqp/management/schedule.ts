import { readMessage } from '../../codec/read-message.js';
import { BrokerError, messageNotFound } from '../../entities/errors.js';
import { ValueReader } from '../../codec/read-value.js';
import { tooLarge } from '../incoming-link.js';
import { FieldMap } from '../request.js';
import { DONE, type Operation, type OperationContext, required, sequenceNumbers } from './operation.js';

/** Schedules messages: their time is in an annotation of each. Answers the numbers that cancel them. */
export const scheduleMessage: Operation = (context, request) => {
  const { core, now } = context;
  const entity = scheduling(context);
  const encoded = encodedMessages(request);
  const limit = entity.options.maxMessageSizeInKilobytes * 1024;
  for (const { length } of encoded) if (length > limit) throw tooLarge(length, limit);
  const messages = encoded.map((bytes) => readMessage(bytes, core.newId));
  const { unit, sequenceNumbers: numbers } = core.namespace.send(entity.path, messages, now);
  return {
    status: 200,
    unit,
    body: (writer) => writer.map(1, (map) => map.string('sequence-numbers').array(0x81, numbers.map(encodeLong))),
  };
};

/** Cancels scheduled messages, all or none. */
export const cancelScheduledMessage: Operation = (context, request) => {
  const { main } = scheduling(context);
  const messages = sequenceNumbers(request).map((number) => {
    const message = main.find(number);
    if (message?.state !== 'scheduled') throw messageNotFound(number);
    return message;
  });
  for (const message of messages) main.remove(message);
  context.entity.lifecycle.touch(context.now);
  return DONE;
};

function scheduling({ entity, subQueue }: OperationContext) {
  if (entity.kind !== 'subscription' && subQueue === 'main') return entity;
  throw new BrokerError(
    'amqp:not-allowed',
    `Messages cannot be scheduled on '${entity.path}', only on queues and topics.`,
  );
}

function encodedMessages(request: FieldMap): readonly Buffer[] {
  const reader = new ValueReader(required(request.raw('messages'), 'messages'));
  const count = reader.enter();
  return Array.from({ length: count }, () => {
    const message = new FieldMap(reader.raw()).binary('message');
    return required(message, 'message');
  });
}

function encodeLong(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
