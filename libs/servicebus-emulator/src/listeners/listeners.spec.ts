import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAllowList, HttpGuard } from '@orderflow/http-guard';
import { WebSocket } from 'ws';
import { type Broker, startBroker } from '../broker.js';
import { Listeners } from './listeners.js';

/** A program as a user has it: the unmodified clients, and a certificate that the process trusts. */
const PROGRAM = `
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
const [connectionString] = process.argv.slice(1);
await new ServiceBusAdministrationClient(connectionString).createQueue('over-tls');
const client = new ServiceBusClient(connectionString);
await client.createSender('over-tls').sendMessages({ body: 'safe' });
const [message] = await client.createReceiver('over-tls').receiveMessages(1);
await client.close();
console.log(message.body);
`;

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({ tls: 'generate' });
});
afterAll(() => broker.close());

describe('one port', () => {
  it('speaks AMQP and HTTP inside TLS, to clients that trust the certificate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-'));
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, broker.certificate ?? '');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', PROGRAM, broker.secureConnectionString ?? ''],
      { cwd: import.meta.dirname, env: { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: ca } },
    );
    expect(stdout).toBe('safe\n');
    await rm(folder, { recursive: true });
  });

  it('speaks AMQP without TLS, too', async () => {
    broker.namespace.createQueue('plain', {}, broker.clock.now());
    const client = new ServiceBusClient(broker.connectionString);
    await client.createSender('plain').sendMessages({ body: 1 });
    await client.close();
    expect(broker.namespace.registry.get('plain').main.counts.active).toBe(1);
  });

  it('speaks AMQP inside a WebSocket', async () => {
    broker.namespace.createQueue('web', {}, broker.clock.now());
    const client = new ServiceBusClient(broker.secureConnectionString ?? '', {
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: broker.certificate } },
    });
    const body = Buffer.alloc(200_000, 7);
    await client.createSender('web').sendMessages({ body });
    const [message] = await client.createReceiver('web', { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
    expect(body.equals(message?.body as Buffer)).toBe(true);
    await client.close();
  });

  it.each(['/$servicebus/websocket', '/$servicebus/websocket/', '/%24servicebus/websocket?x=y'])(
    'takes WebSockets at %s',
    async (path) => {
      const webSocket = new WebSocket(`ws://127.0.0.1:${broker.port}${path}`, 'AMQPWSB10');
      await once(webSocket, 'open');
      webSocket.close();
      await once(webSocket, 'close');
    },
  );

  it('refuses WebSockets elsewhere', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${broker.port}/elsewhere`, 'AMQPWSB10');
    const [error] = (await once(webSocket, 'error')) as [Error];
    expect(error.message).toContain('404');
  });

  it('survives a client that says nothing, and one that says nonsense', async () => {
    const silent = connectTcp(broker.port, '127.0.0.1');
    await once(silent, 'connect');
    const noisy = connectTcp(broker.port, '127.0.0.1');
    noisy.on('error', () => undefined); // It may be cut off while it talks.
    noisy.end(Buffer.alloc(1_000, 0xee));
    await once(noisy.resume(), 'close');
    expect((await fetch(`http://127.0.0.1:${broker.port}/health`)).status).toBe(200);
    silent.destroy();
  });

  it.each([
    ['a URL that is none', 'GET // HTTP/1.1\r\nHost: localhost\r\n\r\n', '400'],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', '400'],
    ['no host', 'GET /health HTTP/1.0\r\n\r\n', '200'],
    ['a bad encoding', 'GET /% HTTP/1.1\r\nHost: localhost\r\n\r\n', '400'],
    [
      'a bad upgrade',
      'GET /% HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
      '404',
    ],
    ['no HTTP after all', 'GOSSIP\r\n\r\n', '400'],
  ])('answers %s', async (_what, request, status) => {
    const socket = connectTcp(broker.port, '127.0.0.1');
    socket.write(request);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toContain(`HTTP/1.1 ${status}`);
    socket.destroy();
  });
});

describe('a broker without a certificate', () => {
  it('turns TLS away, and its log says what to do', async () => {
    const lines: string[] = [];
    const plain = await startBroker({ log: (_level, message) => lines.push(message) });
    const admin = new ServiceBusAdministrationClient(plain.adminConnectionString, { retryOptions: { maxRetries: 0 } });
    await expect(admin.createQueue('q')).rejects.toThrow();
    expect(lines.join('\n')).toContain('UseDevelopmentEmulator=true');
    expect(plain.secureConnectionString).toBeUndefined();
    await plain.close();
  });
});

describe('a broker that is starting', () => {
  it('answers HTTP at once, and lets AMQP clients wait', async () => {
    const listeners = new Listeners({
      log: () => undefined,
      guard: new HttpGuard({ allowed: createAllowList(), settings: { hosts: '', origins: '' } }),
      http: async (_request, response) => void response.writeHead(503).end(),
    });
    const port = await listeners.listen('127.0.0.1', 0);
    const early = connectTcp(port, '127.0.0.1');
    early.write('AMQP');
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(503);
    const served = new Promise<string>((resolve) => {
      listeners.open((stream) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    });
    expect(await served).toBe('AMQP');
    early.destroy();
    await listeners.close();
  });

  it('says goodbye to clients however they came', async () => {
    const closing = await startBroker({ tls: 'generate' });
    closing.namespace.createQueue('q', {}, closing.clock.now());
    const client = new ServiceBusClient(closing.secureConnectionString ?? '', {
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: closing.certificate } },
    });
    await client.createSender('q').sendMessages({ body: 1 });
    expect(closing.connections).toBe(1);
    await closing.close();
    expect(closing.connections).toBe(0);
    await client.close();
  });
});
