import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import { order, publishAll } from './measure.mjs';

export { consume } from './amqplib.mjs';

/** What a message of ours says of itself besides its body, as `main.ts` found it on the queue. */
const { headers, ...properties } = JSON.parse(process.env.PROPERTIES_OF_OURS);

/** As amqplib.mjs, with the properties and headers of a message of ours: as many bytes, and an id of its own. */
export async function publish(url, queue, count) {
  const channel = await (await amqp.connect(url)).createConfirmChannel();
  return publishAll(count, (number) => {
    const id = randomUUID();
    const ids = { messageId: id, correlationId: id, headers: { ...headers, cloudEvents_id: id } };
    const options = { ...properties, ...ids, persistent: true, mandatory: true };
    const content = Buffer.from(JSON.stringify(order(number)));
    return new Promise((resolve, reject) => {
      channel.publish('', queue, content, options, (error) => (error === null ? resolve() : reject(error)));
    });
  });
}
