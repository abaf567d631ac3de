import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, type OrderView } from './orders.js';
import { AMQPS, hasPythonSdk, SeedScript, type ScriptTarget } from './seed-scripts.js';
import { command, System } from './system.js';
import { until } from './until.js';

if (!hasPythonSdk) console.warn('Skipped: the seed scripts need the Debian packages python3-azure and python3-dotenv.');

/** A loopback address of its own: the scripts' port cannot be chosen. */
const ownHost = () => `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;

(hasPythonSdk ? describe : describe.skip)('the scripts in seeds/, as they are', () => {
  describe('against the whole system', () => {
    let system: System;
    let target: ScriptTarget;
    beforeAll(async () => {
      const host = ownHost();
      system = await System.start({ HOST: host, BROKER_PORT: String(AMQPS) }, ['--tls']);
      target = { host, certificate: join(system.state, 'tls', 'cert.pem') };
    });
    afterAll(() => system?.remove());

    it('producer.py: each of its orders is paid, each of its events counted', async () => {
      const lines = await new SeedScript('producer.py', target).ended();
      const ids = lines.flatMap((line) => /^\[queue\] sent (\S+)/.exec(line)?.[1] ?? []);
      expect(ids).toHaveLength(10);
      for (const id of ids) {
        const url = system.url('order-api', `/orders/${id}`);
        const order = await until(
          `order ${id} is paid`,
          () => getJson<OrderView>(url).catch(() => undefined),
          (found) => found?.status === 'paid',
        );
        expect(order?.total).toBeGreaterThan(0);
      }
      const counted = await until(
        'its events are counted',
        () => getJson<{ events: Record<string, number> }>(system.url('analytics-worker', '/analytics/summary')),
        ({ events }) => events['user.signup'] === 3 && events['purchase'] === 3,
      );
      expect(counted.events).toMatchObject({ 'user.signup': 3, purchase: 3, 'payment.captured': 10 });
    });
  });

  describe("against the broker alone, with the seed's own topology", () => {
    let broker: ChildProcess;
    let directory: string;
    let target: ScriptTarget;
    let client: ServiceBusClient;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'orderflow-seeds-'));
      const host = ownHost();
      target = { host, certificate: join(directory, 'tls', 'cert.pem') };
      const config = join(directory, 'Config.json');
      await writeFile(config, JSON.stringify(TOPOLOGY));
      const { NODE_OPTIONS: _, ...env } = process.env;
      const flags = { host, port: `${AMQPS}`, config, data: join(directory, 'data'), tls: join(directory, 'tls') };
      broker = spawn(
        process.execPath,
        [command, 'broker', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])],
        { env, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      if (!broker.stdout) throw new Error('The broker has no output to read.');
      for await (const line of createInterface(broker.stdout)) if (line.includes('The broker listens.')) break;
      broker.stdout.resume();
      client = new ServiceBusClient(
        `Endpoint=sb://${host}:${AMQPS};SharedAccessKeyName=any;SharedAccessKey=any;UseDevelopmentEmulator=true`,
      );
    });
    afterAll(async () => {
      await client?.close();
      const ended = once(broker, 'exit');
      broker.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    });

    it('producer.py, consume_queue.py, consume_subscription.py: everything that is sent is received', async () => {
      await new SeedScript('producer.py', target).ended();
      const queue = new SeedScript('consume_queue.py', target);
      expect(await queue.printed(/^\[queue\] processing order \S+ amount=/, 10)).toHaveLength(10);
      const analytics = new SeedScript('consume_subscription.py', target, { SUBSCRIPTION_NAME: 'analytics' });
      expect(await analytics.printed(/^\[analytics\] event type=(user\.signup|purchase) /, 6)).toHaveLength(6);
      await until('the queue is empty', () => client.createReceiver('orders').peekMessages(1), isEmpty);
      await queue.stop();
      await analytics.stop();
    });

    it('consume_subscription.py dead-letters what it cannot read, with its reason', async () => {
      const sender = client.createSender('events');
      await sender.sendMessages({ body: Buffer.from('no JSON'), subject: 'purchase' });
      const billing = new SeedScript('consume_subscription.py', target, { SUBSCRIPTION_NAME: 'billing' });
      await billing.printed(/^\[billing\] event type=/, 6);
      const deadLetters = client.createReceiver('events', 'billing', { subQueueType: 'deadLetter' });
      const [letter] = await deadLetters.receiveMessages(1);
      expect(letter).toMatchObject({ deadLetterReason: 'processing-failed' });
      if (letter) await deadLetters.completeMessage(letter);
      await deadLetters.close();
      await billing.stop();
    });

    it('reprocess_dlq.py replays dead letters to the topic', async () => {
      await client.createSender('events').sendMessages({ body: { event_id: 'replayed' }, subject: 'purchase' });
      const receiver = client.createReceiver('events', 'billing');
      const [message] = await receiver.receiveMessages(1);
      if (message) await receiver.deadLetterMessage(message);
      const lines = await new SeedScript('reprocess_dlq.py', target).ended();
      expect(lines).toEqual(["[DLQ->billing] re-publishing {'event_id': 'replayed'}"]);
      const [again] = await receiver.receiveMessages(1);
      expect(again).toMatchObject({ body: { event_id: 'replayed' }, subject: 'purchase' });
      if (again) await receiver.completeMessage(again);
      await receiver.close();
      const letters = client.createReceiver('events', 'billing', { subQueueType: 'deadLetter' });
      expect(await letters.peekMessages(1)).toEqual([]);
      await letters.close();
    });
  });
});

const isEmpty = (list: readonly unknown[]): boolean => list.length === 0;

/** As the seed's Terraform has it. */
const TOPOLOGY = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'ams-demo',
        Queues: [
          {
            Name: 'orders',
            Properties: {
              EnablePartitioning: true,
              DeadLetteringOnMessageExpiration: true,
              LockDuration: 'PT45S',
              MaxDeliveryCount: 10,
            },
          },
        ],
        Topics: [
          {
            Name: 'events',
            Properties: { EnablePartitioning: true },
            Subscriptions: ['billing', 'analytics'].map((Name) => ({ Name, Properties: { MaxDeliveryCount: 10 } })),
          },
        ],
      },
    ],
  },
};
