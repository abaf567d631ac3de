import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderClient } from './order-client.js';

let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
let connections: number;
let client: OrderClient;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => answer(request, response, body));
}).on('connection', () => (connections += 1));

function accept(response: ServerResponse, id: string): void {
  const text = JSON.stringify({ id });
  response.writeHead(202, { 'content-length': Buffer.byteLength(text) }).end(text);
}

beforeEach(async () => {
  connections = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = new OrderClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  client.close();
  await new Promise((closed) => server.close(closed));
});

describe('a client of orders', () => {
  it('sends an order and its key, and answers its id', async () => {
    answer = ({ headers, method, url }, response, body) => {
      const { customerId } = JSON.parse(body) as { customerId: string };
      accept(response, `${method} ${url} ${headers['content-type']} ${headers['idempotency-key']} ${customerId}`);
    };
    expect(await client.post({ customerId: 'ada', key: 'k-1' })).toBe('POST /orders application/json k-1 ada');
    expect(await client.post({ customerId: 'ädä' })).toBe('POST /orders application/json undefined ädä');
    expect(connections).toBe(1);
  });

  it('has a connection for each order at a time', async () => {
    const waiting: (() => void)[] = [];
    answer = (_, response) => {
      waiting.push(() => accept(response, 'o-1'));
      if (waiting.length === 3) for (const go of waiting.splice(0)) go();
    };
    const place = (): Promise<readonly string[]> =>
      Promise.all(['a', 'b', 'c'].map((customerId) => client.post({ customerId })));
    expect([await place(), await place()].flat()).toHaveLength(6);
    expect(connections).toBe(3);
  });

  it('reads an answer that comes in parts', async () => {
    answer = ({ socket }) => {
      socket.write('HTTP/1.1 202 Accepted\r\nContent-Le');
      setImmediate(() => {
        socket.write('ngth: 12\r\n\r\n{"id":');
        setImmediate(() => socket.write('"o-2"}'));
      });
    };
    expect(await client.post({ customerId: 'ada' })).toBe('o-2');
  });

  it('fails with the text of any other answer, and goes on', async () => {
    answer = (_, response) => void response.writeHead(503, { 'content-length': 4 }).end('busy');
    await expect(client.post({ customerId: 'ada' })).rejects.toThrow('POST /orders answered 503: busy');
    answer = (_, response) => accept(response, 'o-3');
    expect(await client.post({ customerId: 'ada' })).toBe('o-3');
    expect(connections).toBe(1);
  });

  it('fails when its connection is closed, and for an answer without a length', async () => {
    answer = ({ socket }) => socket.destroy();
    await expect(client.post({ customerId: 'ada' })).rejects.toThrow('closed before its answer');
    answer = (_, response) => void response.writeHead(202).end('{}');
    await expect(client.post({ customerId: 'ada' })).rejects.toThrow('cannot be read as an answer');
  });
});
