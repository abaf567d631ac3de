/** Sending as the SDK's manual shows it: the baseline of whatever publishes. */
import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { Outgoing } from '@orderflow/messaging';

/** The same message as the transport of ours writes, made beforehand. */
export function sdkMessage({ envelope }: Outgoing): ServiceBusMessage {
  const { id, type, version, source, time, orderingKey, contentType, body } = envelope;
  return {
    messageId: id,
    subject: type,
    contentType,
    ...(orderingKey !== undefined && { sessionId: orderingKey }),
    applicationProperties: {
      cloudEvents_specversion: '1.0',
      cloudEvents_id: id,
      cloudEvents_type: type,
      cloudEvents_source: source,
      cloudEvents_time: time,
      cloudEvents_contractversion: version,
      ...(orderingKey !== undefined && { cloudEvents_partitionkey: orderingKey }),
    },
    body,
  };
}

/** Sends messages in batches as large as the broker takes, one after the other. */
export async function sendInBatches(sender: ServiceBusSender, all: readonly ServiceBusMessage[]): Promise<void> {
  let batch = await sender.createMessageBatch();
  for (const message of all) {
    if (batch.tryAddMessage(message)) continue;
    await sender.sendMessages(batch);
    batch = await sender.createMessageBatch();
    if (!batch.tryAddMessage(message)) throw new Error('A message is larger than a batch.');
  }
  await sender.sendMessages(batch);
}
