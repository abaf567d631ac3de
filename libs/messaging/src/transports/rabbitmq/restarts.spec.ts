import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newPlace, RabbitMqServer, removeServer, type ServerPlace } from '../../../test/rabbitmq/rabbitmq-server.js';
import { rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import type { Settlement } from '../../transport.js';
import { createRabbitMqTransport, type RabbitMqTransport } from './index.js';

whereInstalled(() => {
  describe('a transport whose broker is in trouble', () => {
    let place: ServerPlace;
    let server: RabbitMqServer;
    const transports: RabbitMqTransport[] = [];

    beforeEach(async () => {
      place = await newPlace();
      server = await RabbitMqServer.start(place);
    });
    afterEach(async () => {
      await Promise.all(transports.map((transport) => transport.close()));
      await server.kill();
      removeServer(place, undefined);
    });

    const connect = (requestTimeoutMs = 120_000): RabbitMqTransport => {
      const url = `amqp://guest:guest@127.0.0.1:${place.port}`;
      const options = { topology: rabbitMqTopology, requestTimeoutMs, maxReconnectDelayMs: 500 };
      const transport = createRabbitMqTransport({ url }, options);
      transports.push(transport);
      return transport;
    };

    it('loses nothing that was sent while the broker is killed in the middle of sends, retries and dead letters', async () => {
      const [sender, consumer] = [connect(), connect()];
      const total = 400;
      const settled = { complete: new Set<string>(), dead: new Set<string>() };
      const everything = Promise.withResolvers<void>();
      const half = Promise.withResolvers<void>();
      const consume = async ({
        envelope: { id },
        attempt,
      }: {
        readonly envelope: { readonly id: string };
        readonly attempt: number;
      }): Promise<Settlement> => {
        const number = Number(id.slice(2));
        if (number % 4 === 0 && attempt === 1) return { kind: 'retry', delayMs: 500, reason: 'again' };
        if (number % 10 === 1) settled.dead.add(id);
        else settled.complete.add(id);
        if (settled.complete.size > total / 4) half.resolve();
        if (settled.complete.size + settled.dead.size === total) everything.resolve();
        return number % 10 === 1 ? { kind: 'dead-letter', reason: 'Refused', detail: '' } : { kind: 'complete' };
      };
      await consumer.subscribe('work', consume, { concurrency: 8, onError: () => {} });
      const sends = Array.from({ length: total }, (_, index) => `m-${index}`).map(async (id, index) => {
        if (index >= total / 2) await half.promise;
        await sender.send([outgoing(id)]);
      });
      await half.promise;
      await server.kill();
      server = await RabbitMqServer.start(place);
      await Promise.all(sends);
      await everything.promise;
      await consumer.close();
      const { letters } = await sender.deadLetters.peek('work', { limit: 250 });
      // A letter may be there twice: the broker died before its original was acknowledged.
      expect(new Set(letters.map(({ id }) => id))).toEqual(settled.dead);
    }, 180_000);

    it('waits while the broker is short of memory, then says Busy once, and goes on by itself', async () => {
      const [patient, hasty] = [connect(), connect(1_500)];
      await Promise.all([patient.send([outgoing('1')]), hasty.send([outgoing('2')])]);
      server.control('set_vm_memory_high_watermark', '0.00001');
      const waiting = patient.send([outgoing('3')]);
      await expect(hasty.send([outgoing('4')])).rejects.toMatchObject({ code: 'Busy', retryable: true });
      // What is there is delivered meanwhile.
      const work = await receive(connect(), 'work', 2);
      expect([(await work.complete()).envelope.id, (await work.complete()).envelope.id].sort()).toEqual(['1', '2']);
      server.control('set_vm_memory_high_watermark', '0.9');
      await waiting;
      const rest = new Set<string>();
      while (!rest.has('3')) rest.add((await work.complete()).envelope.id);
      await hasty.send([outgoing('5')]);
      expect(work.errors).toEqual([]);
    }, 180_000);
  });
});
