import amqp from 'amqplib';
import { measure } from './measure.mjs';

export { publish } from './amqplib.mjs';

/** As bare as amqplib.mjs, but it reads what it takes and looks at each field: the least that a consumer with a use does. */
export async function consume(url, queue, count) {
  const channel = await (await amqp.connect(url)).createChannel();
  const { done, result } = measure(count);
  await channel.prefetch(100);
  await channel.consume(queue, (message) => {
    const { orderId, customerId, currency, lines } = JSON.parse(message.content.toString());
    const isGood =
      [orderId, customerId, currency].every((text) => typeof text === 'string' && text !== '') &&
      lines.every(({ sku, quantity, unitPrice }) => {
        return typeof sku === 'string' && Number.isInteger(quantity) && quantity > 0 && Number.isInteger(unitPrice);
      });
    if (!isGood) throw new TypeError('It is no order.');
    channel.ack(message);
    done();
  });
  return result;
}
