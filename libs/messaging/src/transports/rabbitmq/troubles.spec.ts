import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import amqp from 'amqplib';
import { Authority, type CertificateFiles } from '../../../test/rabbitmq/certificates.js';
import { rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { newPlace, RabbitMqServer, removeServer, type ServerPlace } from '../../../test/rabbitmq/rabbitmq-server.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { lastingPort } from '../../testing/lasting-port.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import type { Subscription } from '../../transport.js';
import { createRabbitMqTransport, type RabbitMqOptions, type RabbitMqTls, type RabbitMqTransport } from './index.js';

whereInstalled(() => {
  describe('a transport to a broker with certificates, short timeouts and moods', () => {
    let place: ServerPlace;
    let server: RabbitMqServer;
    let authority: Authority;
    let own: CertificateFiles;
    let tlsPort: number;
    const transports: RabbitMqTransport[] = [];

    beforeAll(async () => {
      place = await newPlace();
      authority = new Authority(place.folder);
      const broker = authority.issue('broker');
      own = authority.issue('app');
      tlsPort = await lastingPort();
      const lines = [
        `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
        `ssl_options.cacertfile = ${authority.path}`,
        `ssl_options.certfile = ${broker.cert}`,
        `ssl_options.keyfile = ${broker.key}`,
        'ssl_options.verify = verify_peer',
        'ssl_options.fail_if_no_peer_cert = true',
        'consumer_timeout = 1000',
      ];
      // It looks for deliveries that take too long once a tick.
      server = await RabbitMqServer.start(place, { lines, advanced: '{rabbit, [{channel_tick_interval, 1000}]}' });
    }, 180_000);
    afterEach(() => Promise.all(transports.splice(0).map((transport) => transport.close())));
    afterAll(async () => {
      await server?.kill();
      removeServer(place, undefined);
    });

    const connect = (url: string, tls?: RabbitMqTls, options: Partial<RabbitMqOptions> = {}): RabbitMqTransport => {
      const settings = { url, ...(tls !== undefined && { tls }) };
      const all = { topology: rabbitMqTopology, maxReconnectDelayMs: 500, requestTimeoutMs: 60_000, ...options };
      const transport = createRabbitMqTransport(settings, all);
      transports.push(transport);
      return transport;
    };
    const plain = (options: Partial<RabbitMqOptions> = {}) => connect(url(), undefined, options);
    const url = () => `amqp://guest:guest@127.0.0.1:${place.port}`;
    const secure = () => `amqps://guest:guest@127.0.0.1:${tlsPort}`;
    const pem = (path: string) => readFileSync(path, 'utf8');

    it('speaks TLS with a certificate of its own, and says what is wrong without one, or with a stranger', async () => {
      const certificate = { cert: pem(own.cert), key: pem(own.key) };
      const transport = connect(secure(), { ca: authority.pem, ...certificate });
      await transport.send([outgoing('m')]);
      const work = await receive(transport, 'work');
      expect((await work.complete()).envelope.id).toBe('m');

      const failed = { code: 'Unauthorized', retryable: false };
      await expect(connect(secure(), { ca: authority.pem }).send([outgoing('bare')])).rejects.toMatchObject(failed);
      await expect(connect(secure(), certificate).send([outgoing('untrusting')])).rejects.toMatchObject(failed);
    });

    it('speaks no TLS before 1.2', async () => {
      const ciphers = 'DEFAULT@SECLEVEL=0';
      const old = createServer({
        cert: pem(own.cert),
        key: pem(own.key),
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers,
      });
      old.listen(0, '127.0.0.1');
      await once(old, 'listening');
      try {
        const { port } = old.address() as AddressInfo;
        const transport = connect(`amqps://127.0.0.1:${port}`, { ca: authority.pem });
        await expect(transport.send([outgoing('m')])).rejects.toMatchObject({ code: 'Unauthorized', retryable: false });
      } finally {
        old.close();
      }
    });

    it('is told why when the broker gives a delivery up that takes too long, and gets it again', async () => {
      const transport = plain();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('slow')]);
      const slow = await work.next();
      if (!slow.signal.aborted) await once(slow.signal, 'abort');
      slow.settle({ kind: 'complete' });
      expect(await work.complete()).toMatchObject({ attempt: 2, unsettled: 1, envelope: { id: 'slow' } });
      expect(work.errors.map(({ message }) => message).join()).toContain('delivery acknowledgement');
    });

    it('attaches again when its consumer is ended because the queue was removed, once there is one again', async () => {
      const transport = plain();
      const work = await receive(transport, 'work');
      const connection = await amqp.connect(url());
      const channel = await connection.createChannel();
      await channel.deleteQueue('work');
      await changed(work.subscription, 'connecting');
      expect(work.errors[0]).toMatchObject({ code: 'Unreachable', message: expect.stringContaining('"work"') });
      await plain().applyTopology();
      await changed(work.subscription, 'running');
      await transport.send([outgoing('m')]);
      expect((await work.complete()).envelope.id).toBe('m');
      expect((await (await connection.createChannel()).checkQueue('work')).consumerCount).toBe(1);
      await connection.close();
    });

    it('gives a connection up whose broker is frozen, repeats what was not confirmed, and goes on when it is back', async () => {
      const transport = plain({ heartbeatSeconds: 1 });
      const work = await receive(transport, 'work', 5);
      await transport.send([outgoing('before')]);
      await work.complete();
      server.freeze();
      let sending: Promise<void>;
      try {
        sending = transport.send([outgoing('meanwhile')]);
        await changed(work.subscription, 'connecting');
        expect(work.errors[0]).toMatchObject({ code: 'Unreachable', retryable: true });
      } finally {
        server.thaw();
      }
      await sending;
      await transport.send([outgoing('after')]);
      const seen = new Set<string>();
      while (!seen.has('meanwhile') || !seen.has('after')) seen.add((await work.complete()).envelope.id);
      // A machine that is slow to beat loses the connection once more.
      await changed(work.subscription, 'running');
    }, 120_000);
  });
});

async function changed(subscription: Subscription, state: 'connecting' | 'running'): Promise<void> {
  while (subscription.health().state !== state) await new Promise((resolve) => setImmediate(resolve));
}
