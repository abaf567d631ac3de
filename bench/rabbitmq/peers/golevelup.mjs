import 'reflect-metadata';
import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
import { measure, order, publishAll } from './measure.mjs';

async function connect(uri) {
  const connection = new AmqpConnection({ uri, prefetchCount: 100, connectionInitOptions: { wait: true } });
  await connection.init();
  return connection;
}

export async function consume(url, queue, count) {
  const { done, result } = measure(count);
  const connection = await connect(url);
  const options = { queue, createQueueIfNotExists: false };
  await connection.createSubscriber(async () => done(), options, 'handle');
  return result;
}

export async function publish(url, queue, count) {
  const connection = await connect(url);
  return publishAll(count, (number) =>
    connection.publish('', queue, order(number), { persistent: true, mandatory: true, messageId: String(number) }),
  );
}
