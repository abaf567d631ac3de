import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newPlace, RabbitMqServer, removeServer, type ServerPlace } from '../../../test/rabbitmq/rabbitmq-server.js';
import { rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
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
