import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { orderflow } from '../../test/command-line.js';
import { Scripts } from '../../test/scripts.js';

const topologyFile = new URL('../../../../infra/servicebus/Config.json', import.meta.url);
const scripts = new Scripts();
let broker: Broker;
let client: ServiceBusClient;

beforeEach(async () => {
  broker = await startBroker({ topology: parseTopology(await readFile(topologyFile, 'utf8')) });
  client = new ServiceBusClient(broker.connectionString);
});

afterEach(async () => {
  await client.close();
  await broker.close();
});

afterAll(() => scripts.remove());

const produce = (...args: string[]) =>
  orderflow(scripts.directory, { SERVICEBUS_CONNECTION_STRING: broker.connectionString }, 'produce', ...args);

async function receive(queue: string, count: number): Promise<ServiceBusReceivedMessage[]> {
  const receiver = client.createReceiver(queue, { receiveMode: 'receiveAndDelete', skipParsingBodyAsJson: true });
  const messages: ServiceBusReceivedMessage[] = [];
  while (messages.length < count) messages.push(...(await receiver.receiveMessages(count - messages.length)));
  return messages;
}

const bodyOf = ({ body }: ServiceBusReceivedMessage): unknown => JSON.parse(Buffer.from(body).toString());

describe('orderflow produce', () => {
  it('sends contracts to queue and topic, and answers their ids', async () => {
    const { code, output } = await produce('--orders', '3', '--events', '2', '--json');
    expect(code).toBe(0);
    const answer = JSON.parse(output) as { orders: string[]; events: { id: string; type: string }[] };
    const orders = await receive('orders', 3);
    expect(orders.map(({ subject }) => subject)).toEqual(['order.place', 'order.place', 'order.place']);
    expect(orders.map(bodyOf)).toEqual(
      answer.orders.map((orderId, i) => expect.objectContaining({ orderId, currency: 'EUR', total: 4999 + 100 * i })),
    );
    const events = await receive('analytics', 2);
    expect(events.map(({ messageId, subject }) => ({ id: messageId, type: subject }))).toEqual(answer.events);
    expect(answer.events.map(({ type }) => type)).toEqual(['user.signup', 'purchase']);
  });

  it("sends the seeds' shapes on request: raw JSON, no version, the type where they had it", async () => {
    const { output } = await produce('--orders', '2', '--events', '2', '--legacy', '--verbose');
    const orders = await receive('orders', 2);
    expect(orders.map((order) => order.applicationProperties)).toEqual([{ type: 'order' }, { type: 'order' }]);
    expect(orders.map(bodyOf)).toEqual([
      { order_id: expect.any(String), ts: expect.any(String), amount: 49.99 },
      { order_id: expect.any(String), ts: expect.any(String), amount: 50.99 },
    ]);
    const events = await receive('analytics', 2);
    expect(events.map(bodyOf)).toEqual([
      { event_id: expect.any(String), type: 'user.signup', ts: expect.any(String) },
      { event_id: expect.any(String), type: 'purchase', ts: expect.any(String) },
    ]);
    expect(events.map(({ subject }) => subject)).toEqual(['user.signup', 'purchase']);
    expect(output).toMatch(
      /^\[orders] sent .+\n\[orders] sent .+\n\[events] sent .+ \(user.signup\)\n\[events] sent .+ \(purchase\)\nSent 2 orders and 2 events/,
    );
  });

  it('says what it sent in one line unless asked for more', async () => {
    const { output, errors } = await produce('--orders', '3', '--events', '2', '--rate', '1000');
    expect(output).toMatch(/^Sent 3 orders and 2 events in \d+\.\d s\.\n$/);
    expect(errors).toBe('');
  });

  it('stops at Ctrl-C after what is under way, and says how far it came', async () => {
    const sent = receive('orders', 1).then(() => process.emit('SIGINT'));
    const { code, output } = await produce('--orders', '5', '--events', '0', '--rate', '0.0001');
    await sent;
    expect(code).toBe(130);
    expect(output).toMatch(/^Stopped after 1 of 5 \(4 not tried\) in \d+\.\d s\.\n$/);
  });

  it('counts what is stored, what is not confirmed and what was not tried', async () => {
    const environment = { SERVICEBUS_CONNECTION_STRING: broker.connectionString, TOPIC_NAME: 'nowhere' };
    const args = ['produce', '--orders', '98', '--events', '20', '--json'];
    const { code, output, errors } = await orderflow(scripts.directory, environment, ...args);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^orderflow: Sent 98 of 118 \(2 failed: not confirmed, so they may have arrived; 18 not tried\), then: .*nowhere.*\n$/,
    );
    const { orders, events, failed, notTried } = JSON.parse(output) as Record<string, unknown[]>;
    expect([orders?.length, events, failed, notTried]).toEqual([98, [], 2, 18]);
    expect(await receive('orders', 98)).toHaveLength(98);
  });

  it('says how far it came when the queue does not exist', async () => {
    const environment = { SERVICEBUS_CONNECTION_STRING: broker.connectionString, QUEUE_NAME: 'nowhere' };
    const { code, errors } = await orderflow(
      scripts.directory,
      environment,
      'produce',
      '--orders',
      '1',
      '--events',
      '0',
    );
    expect(code).toBe(1);
    expect(errors).toMatch(/^orderflow: Sent 0 of 1 \(1 failed: .*\), then: .*nowhere.*\n$/);
  });
});

describe('orderflow dlq', () => {
  const dlq = (...args: string[]) =>
    orderflow(scripts.directory, { SERVICEBUS_CONNECTION_STRING: broker.connectionString }, 'dlq', ...args);

  async function deadLetter(queue: string, ids: readonly string[]): Promise<void> {
    await client.createSender(queue).sendMessages(ids.map((messageId) => ({ messageId, body: 'not JSON' })));
    const receiver = client.createReceiver(queue);
    for (let left = ids.length; left > 0; ) {
      const messages = await receiver.receiveMessages(left);
      for (const message of messages) {
        await receiver.deadLetterMessage(message, {
          deadLetterReason: 'Unreadable',
          deadLetterErrorDescription: 'The body is not JSON.',
        });
      }
      left -= messages.length;
    }
    await receiver.close();
  }

  it('lists what could not be handled and why, and replays what is asked for to that queue', async () => {
    await deadLetter('billing', ['first', 'second', 'third']);
    const listed = await dlq('list', 'billing');
    expect(listed.output).toMatch(/first .* Unreadable +The body is not JSON\./);
    expect(JSON.parse((await dlq('list', 'billing', '--json', '--limit', '2')).output)).toMatchObject([
      { id: 'first' },
      { id: 'second' },
    ]);

    const one = await dlq('replay', 'billing', '--id', 'second', '--json');
    expect(JSON.parse(one.output)).toEqual({ replayed: 1, failed: 0, skipped: 0, handedBack: 1, notFound: [] });
    expect((await receive('billing', 1)).map(({ messageId }) => messageId)).toEqual(['second/1/0']);

    expect((await dlq('replay', 'billing')).output).toBe('Replayed 2 to billing, 0 failed, 0 skipped.\n');
    expect((await dlq('list', 'billing')).output).toBe('No dead letters in billing.\n');
  });

  it('ends with 1 when a message to replay is not there', async () => {
    await deadLetter('billing', ['first']);
    const { code, errors } = await dlq('replay', 'billing', '--id', 'other');
    expect(code).toBe(1);
    expect(errors).toBe('orderflow: Not among the dead letters of billing: other\n');
  });
});
