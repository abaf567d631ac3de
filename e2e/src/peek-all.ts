import { ServiceBusClient } from '@azure/service-bus';

/**
 * The ids of what is in queues and in subscriptions (`topic/subscriptions/name`), also of what waits for its time; a
 * hundred of each at most.
 */
export async function peekAll(
  connectionString: string,
  entities: readonly string[],
  options: { readonly subQueueType?: 'deadLetter' },
): Promise<readonly string[]> {
  const client = new ServiceBusClient(connectionString);
  try {
    const all = await Promise.all(
      entities.map(async (entity) => {
        const [topic = entity, subscription] = entity.split('/subscriptions/');
        const receiver =
          subscription === undefined
            ? client.createReceiver(topic, options)
            : client.createReceiver(topic, subscription, options);
        return await receiver.peekMessages(100);
      }),
    );
    return all.flat().map(({ messageId }) => String(messageId));
  } finally {
    await client.close();
  }
}
