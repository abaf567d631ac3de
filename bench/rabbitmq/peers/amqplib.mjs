import amqp from 'amqplib';
import { measure, order, publishAll } from './measure.mjs';

/** Acknowledges each message as it comes, and does not look at it: the least that a consumer can do. */
export async function consume(url, queue, count) {
  const channel = await (await amqp.connect(url)).createChannel();
  const { done, result } = measure(count);
  await channel.prefetch(100);
  await channel.consume(queue, (message) => {
    channel.ack(message);
    done();
  });
  return result;
}

export async function publish(url, queue, count) {
  const channel = await (await amqp.connect(url)).createConfirmChannel();
  return publishAll(count, (number) => {
    const options = { persistent: true, mandatory: true, messageId: String(number), contentType: 'application/json' };
    const content = Buffer.from(JSON.stringify(order(number)));
    return new Promise((resolve, reject) => {
      channel.publish('', queue, content, options, (error) => (error === null ? resolve() : reject(error)));
    });
  });
}
