import { createEnvelopeWriter } from '@orderflow/messaging';
import type { RabbitMqTransport } from '@orderflow/messaging/rabbitmq';
import amqp from 'amqplib';
import { queue } from './topology.js';

const { order } = (await import(new URL('./peers/measure.mjs', import.meta.url).href)) as {
  order(number: number): object;
};
const write = createEnvelopeWriter('/bench');
const contract = { type: 'bench.order', version: 1, kind: 'command', parse: (value: unknown) => value } as const;

/** Puts messages into the queue as ours writes them; Nest reads only what has its own form. */
export async function fill(
  url: string,
  transport: RabbitMqTransport,
  isForNest: boolean,
  count: number,
): Promise<void> {
  if (isForNest) return fillForNest(url, count);
  for (let next = 0; next < count; next += 500) {
    const numbers = Array.from({ length: Math.min(500, count - next) }, (_, index) => next + index);
    await transport.send(numbers.map((number) => ({ to: { queue }, envelope: write(contract, order(number)) })));
  }
}

async function fillForNest(url: string, count: number): Promise<void> {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  for (let number = 0; number < count; number += 1) {
    const body = Buffer.from(JSON.stringify({ pattern: 'bench.order', data: order(number) }));
    channel.sendToQueue(queue, body, { persistent: true, messageId: String(number) });
    if (number % 500 === 499) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await connection.close();
}
