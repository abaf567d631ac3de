import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import amqp from 'amqplib';
import { RabbitMqEnvironment, rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { deadLetter, deadLetterIds } from '../../testing/dead-letter-messages.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import type { Delivery, Settlement } from '../../transport.js';
import { createRabbitMqTransport } from './index.js';

whereInstalled(() => {
  describe('a transport on a real broker', () => {
    let environment: RabbitMqEnvironment;

    beforeEach(async () => {
      environment = await RabbitMqEnvironment.start();
    });
    afterEach(() => environment.close());

    const connect = () => environment.connectThroughProxy().then(({ transport }) => transport);

    it('dead-letters what expires in the queue, also when nobody consumes, and what expires while it is delayed', async () => {
      const transport = await connect();
      await transport.send([
        { ...outgoing('short'), timeToLiveMs: 1 },
        { ...outgoing('delayed'), timeToLiveMs: 1_000, deliverAt: new Date(environment.now() + 1_000) },
      ]);
      let { letters } = await transport.deadLetters.peek('work');
      while (letters.length === 0) ({ letters } = await transport.deadLetters.peek('work'));
      expect(letters).toMatchObject([{ id: 'short', reason: 'TTLExpiredException' }]);
      while ((await transport.inspection.counts('work')).active === 0) continue;
      environment.clock.advance(2_000);
      const work = await receive(transport, 'work');
      await transport.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');
      expect(await deadLetterIds(transport)).toEqual(['short', 'delayed']);
    });

    it('keeps a message for years, though no queue of the broker waits longer than ten', async () => {
      const years = 365 * 86_400_000;
      const { transport } = await environment.connectThroughProxy({
        topology: { ...rabbitMqTopology, longestDelayMs: 10 * 366 * 86_400_000 },
      });
      await transport.send([{ ...outgoing('m'), deliverAt: new Date(environment.now() + 9 * years) }]);
      const connection = await amqp.connect(environment.virtualHost.url());
      const channel = await connection.createChannel();
      channel.on('error', () => {});
      expect((await channel.checkQueue('messaging.delay.28')).messageCount).toBe(1);
      const beyond = channel.assertQueue('beyond', { arguments: { 'x-message-ttl': 10 * years + 1 } });
      await expect(beyond).rejects.toThrow(/invalid arg 'x-message-ttl'/);
      await connection.close();
    });

    it('gives up a message that kills its consumer ten times, and says so', async () => {
      const sender = await connect();
      await sender.send([outgoing('m')]);
      for (let attempt = 1; attempt <= 10; attempt += 1) {
        const mortal = await environment.connect();
        const doomed = await receive(mortal, 'work');
        expect(await doomed.next()).toMatchObject({ attempt, unsettled: attempt - 1 });
        await environment.crash(mortal);
      }
      const work = await receive(sender, 'work');
      await sender.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');
      const { letters } = await sender.deadLetters.peek('work');
      expect(letters).toMatchObject([{ id: 'm', reason: 'MaxDeliveryCountExceeded', attempt: 10 }]);
      expect(await sender.deadLetters.replay('work')).toMatchObject({ replayed: 1 });
      expect(await work.complete()).toMatchObject({ attempt: 1, envelope: { id: 'm' } });
    });

    it('never shows a password, neither in an error nor in what it says of a URL', async () => {
      expect(() => createRabbitMqTransport({ url: 'http://u:secret@host' }, { topology: rabbitMqTopology })).toThrow(
        'RabbitMQ cannot be reached so: URL 1 of 1 is not of the form amqp://user:password@host:port/vhost.',
      );
      const url = environment.virtualHost.url(undefined, 'nobody:secret');
      const stranger = createRabbitMqTransport({ url }, { topology: rabbitMqTopology });
      const error = await stranger.send([outgoing('m')]).catch((failure: Error) => failure);
      expect(error).toMatchObject({ code: 'Unauthorized', retryable: false });
      expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('secret');
      await stranger.close();
    });

    it('takes an event that nobody wants, and counts it', async () => {
      const topology = { ...rabbitMqTopology, topics: { lonely: {} } };
      const { transport } = await environment.connectThroughProxy({ topology });
      await transport.send([outgoing('1', {}, { topic: 'lonely' }), outgoing('2', {}, { topic: 'lonely' })]);
      expect(transport.unroutedEvents).toBe(2);
    });

    it('refuses sends to a queue that is full, and takes them again when there is room', async () => {
      const topology = { ...rabbitMqTopology, queues: [{ name: 'work', maxMessages: 1 }], topics: {} };
      const { transport } = await environment.connectThroughProxy({ topology });
      const refusals: unknown[] = [];
      const send = (id: string) => transport.send([outgoing(id)]).catch((error: unknown) => refusals.push(error));
      // The broker tells its publishers a little after the queue was full.
      for (let sent = 0; refusals.length === 0 && sent < 1_000; sent += 1) await send(`m-${sent}`);
      expect(refusals).toMatchObject([{ code: 'QueueFull', retryable: true }]);
      const work = await receive(transport, 'work');
      for (;;) {
        await work.complete();
        refusals.length = 0;
        await send('again');
        if (refusals.length === 0) break;
      }
      while ((await work.complete()).envelope.id !== 'again') continue;
    });

    it('hands a delivery that is in hand for too long on as a copy, aborts it, and keeps its neighbours', async () => {
      const { transport } = await environment.connectThroughProxy({ longestDeliveryMs: 60_000 });
      const work = await receive(transport, 'work', 2);
      await transport.send([outgoing('endless')]);
      const endless = await work.next();
      environment.clock.advance(60_000);
      expect(endless.signal.aborted).toBe(true);
      environment.clock.advance(5_000);
      expect(await work.complete()).toMatchObject({ attempt: 2, unsettled: 1, envelope: { id: 'endless' } });
    });

    it('leaves a delivery whose connection was lost in the queue while its consumer ignores that and has no place', async () => {
      const { transport, proxy } = await environment.connectThroughProxy();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('deaf')]);
      const deaf = await work.next();
      proxy.cut();
      while (!deaf.signal.aborted || work.subscription.health().state !== 'running') {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const connection = await amqp.connect(environment.virtualHost.url());
      const queue = await (await connection.createChannel()).checkQueue('work');
      await connection.close();
      expect(queue).toMatchObject({ consumerCount: 0, messageCount: 1 });

      await transport.send([outgoing('behind')]);
      deaf.settle({ kind: 'complete' });
      expect(await work.complete()).toMatchObject({ attempt: 2, unsettled: 1, envelope: { id: 'deaf' } });
      expect((await work.complete()).envelope.id).toBe('behind');
    });

    it('burns no attempt of a delivery that hands itself back when it has been in hand for too long', async () => {
      const { transport } = await environment.connectThroughProxy({ longestDeliveryMs: 60_000 });
      const work = await receive(transport, 'work');
      await transport.send([outgoing('probe')]);
      const probe = await work.next();
      environment.clock.advance(60_000);
      probe.settle({ kind: 'release' });
      expect(await work.complete()).toMatchObject({ attempt: 1, unsettled: 0, envelope: { id: 'probe' } });
    });

    it('keeps headers, properties and bytes of foreign messages through a retry, and gives those without an id one', async () => {
      const transport = await connect();
      await transport.applyTopology();
      const connection = await amqp.connect(environment.virtualHost.url());
      const channel = await connection.createChannel();
      const headers = { tenant: 'a', count: 7, flag: true, nested: { list: [1, 'two'] }, CC: ['other'] };
      channel.publish('', 'work', Buffer.from([0, 255]), { headers, replyTo: 'r', priority: 3, appId: 'legacy' });
      const work = await receive(transport, 'work');
      const first = await work.next();
      expect(first.envelope).toMatchObject({ headers: { tenant: 'a', count: '7', flag: 'true' }, version: 0 });
      await transport.deadLetters.peek('work');
      first.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
      const second = await work.next();
      expect([second.attempt, second.envelope.id, [...second.envelope.body]]).toEqual([2, first.envelope.id, [0, 255]]);
      second.settle({ kind: 'dead-letter', reason: 'Bug', detail: '' });
      await transport.send([outgoing('fence')]);
      await work.complete();
      const letter = await channel.get('work.dead-letters');
      if (letter === false) throw new Error('There is no dead letter.');
      expect(letter.properties).toMatchObject({ replyTo: 'r', priority: 3, appId: 'legacy' });
      expect(letter.properties.headers).toMatchObject({
        tenant: 'a',
        count: 7,
        flag: true,
        nested: { list: [1, 'two'] },
      });
      expect((await channel.checkQueue('other')).messageCount).toBe(1);
      await connection.close();
    });

    it('hands back after the longest delay there is what was to come again later than that', async () => {
      const { transport } = await environment.connectThroughProxy({
        topology: { ...rabbitMqTopology, longestDelayMs: 1_000 },
      });
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      (await work.next()).settle({ kind: 'release', delayMs: 60_000 });
      expect(await work.complete()).toMatchObject({ attempt: 1, envelope: { id: 'm' } });
      expect(await deadLetterIds(transport)).toEqual([]);
    });

    it('burns no attempt by stops and pauses in the middle of a flow, however often', async () => {
      const [sender, consumer] = [await connect(), await connect()];
      const unexpected: unknown[] = [];
      for (let round = 0; round < 10; round += 1) {
        const begun = Promise.withResolvers<void>();
        const consume = async ({ attempt, envelope }: Delivery): Promise<Settlement> => {
          if (attempt > 1) unexpected.push([envelope.id, attempt]);
          begun.resolve();
          return { kind: 'complete' };
        };
        const subscription = await consumer.subscribe('work', consume, { ...options, concurrency: 20 });
        const sent = sender.send(Array.from({ length: 60 }, (_, index) => outgoing(`m-${round}-${index}`)));
        await begun.promise;
        await subscription.setConcurrency(round % 2 === 0 ? 0 : 5);
        await subscription.stop();
        await sent;
      }
      const rest = await receive(sender, 'work', 20);
      await sender.send([outgoing('fence')]);
      for (let id = ''; id !== 'fence'; ) {
        const { attempt, envelope } = await rest.complete();
        if (attempt > 1) unexpected.push([envelope.id, attempt]);
        ({ id } = envelope);
      }
      expect(unexpected).toEqual([]);
    });

    it('counts what a queue and its dead-letter queue hold', async () => {
      const transport = await connect();
      await deadLetter(transport, ['1']);
      await transport.send([outgoing('2'), outgoing('3')]);
      expect(await transport.inspection.counts('work')).toEqual({ active: 2, deadLetters: 1 });
    });
  });
});

const options = { concurrency: 1, onError: () => {} };
