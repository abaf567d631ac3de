import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Long from 'long';
import { OtlpReceiver } from '@orderflow/service-kit/testing';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { getJson, type OrderView, placeOrder } from './orders.js';
import { story, traceOneOrder } from './one-trace.js';
import { System } from './system.js';
import { until } from './until.js';

let collector: OtlpReceiver;
let system: System;
let client: ServiceBusClient;

beforeAll(async () => {
  collector = await OtlpReceiver.start();
  system = await System.start({ ...collector.environment, RETRY_DELAYS: '1s' });
  client = new ServiceBusClient(system.connectionString);
});

afterAll(async () => {
  await client?.close();
  await system?.remove();
  await collector.close();
});

it('an order is one trace from POST /orders to the last event, across outbox, retry, dead letter and replay', async () => {
  const { traceId, tree, requests, outcomes } = await traceOneOrder(system, collector);
  expect([...tree].sort()).toEqual([...story].sort());
  expect(requests).toEqual([expect.objectContaining({ res: { statusCode: 202 }, traceId })]);
  expect(outcomes).toEqual(['retry', 'dead-letter', 'complete']);
});

const bad: readonly { reason: string; says: string; message: ServiceBusMessage }[] = [
  {
    reason: 'UnreadableBody',
    says: 'not JSON',
    message: {
      messageId: 'bad-1',
      subject: 'order.accepted',
      body: Buffer.from('{"half":'),
      applicationProperties: { cloudEvents_contractversion: 1 },
    },
  },
  {
    reason: 'UnknownType',
    says: '"order.eaten"',
    message: { messageId: 'bad-2', subject: 'order.eaten', body: Buffer.from('{}') },
  },
  {
    reason: 'UnknownVersion',
    says: 'has no version 99',
    message: {
      messageId: 'bad-3',
      subject: 'order.accepted',
      body: Buffer.from('{}'),
      applicationProperties: { cloudEvents_contractversion: 99 },
    },
  },
  {
    reason: 'InvalidPayload',
    says: 'decidedAt',
    message: {
      messageId: 'bad-4',
      subject: 'order.accepted',
      body: Buffer.from('{"order":{}}'),
      applicationProperties: { cloudEvents_contractversion: 1 },
    },
  },
];

describe.each(['orders', 'billing', 'analytics', 'order-status'])('queue %s', (queue) => {
  it('sets aside what cannot be read, with a reason and the original body, and goes on', async () => {
    const sender = client.createSender(queue);
    for (const { message } of bad) await sender.sendMessages(message);
    const id = await placeOrder(system);
    await until(
      'the order behind them is paid',
      () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)),
      ({ status }) => status === 'paid',
    );
    const receiver = client.createReceiver(queue, { subQueueType: 'deadLetter', skipParsingBodyAsJson: true });
    const dead = await until(
      'all are dead-lettered',
      () => receiver.peekMessages(10, { fromSequenceNumber: Long.ONE }),
      (all) => all.length >= bad.length,
    );
    expect(
      dead.map(({ messageId, deadLetterReason, deadLetterErrorDescription, body }) => ({
        messageId,
        reason: deadLetterReason,
        description: deadLetterErrorDescription,
        body: Buffer.from(body as Buffer).toString(),
      })),
    ).toEqual(
      bad.map(({ message, reason, says }) => ({
        messageId: message.messageId,
        reason,
        description: expect.stringContaining(says),
        body: (message.body as Buffer).toString(),
      })),
    );
    await receiver.close();
    await sender.close();
  });
});
