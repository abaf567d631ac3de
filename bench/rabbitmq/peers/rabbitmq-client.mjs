import { Connection } from 'rabbitmq-client';
import { measure, order, publishAll } from './measure.mjs';

export async function consume(url, queue, count) {
  const { done, result } = measure(count);
  new Connection(url).createConsumer(
    { queue, queueOptions: { passive: true }, qos: { prefetchCount: 100 } },
    async () => done(),
  );
  return result;
}

export async function publish(url, queue, count) {
  const publisher = new Connection(url).createPublisher({ confirm: true });
  return publishAll(count, (number) =>
    publisher.send({ routingKey: queue, durable: true, mandatory: true, messageId: String(number) }, order(number)),
  );
}
