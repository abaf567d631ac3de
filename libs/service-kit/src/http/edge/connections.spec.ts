import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import { exchangeBytes } from '../../testing/raw-http.js';
import { HttpEdge } from './http-edge.js';

const edge = new HttpEdge(() => undefined);
const fastify = Fastify({
  ...edge.options,
  http: { ...edge.options.http, headersTimeout: 50, connectionsCheckingInterval: 20 },
  requestTimeout: 50,
});
let url = '';

beforeAll(async () => {
  edge.guard(fastify);
  fastify.get('/begun', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '10' }).write('begun');
  });
  fastify.post('/read', async () => ({}));
  url = await fastify.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(() => fastify.close());

describe('a connection', () => {
  it.each([
    ['headers', 'GET /begun HTTP/1.1\r\nhost: x\r\n'],
    ['body', 'POST /read HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{'],
  ])('on which the %s of a request do not arrive is answered so', async (_, bytes) => {
    const answer = await exchangeBytes(url, Buffer.from(bytes));
    expect(answer?.status).toBe(408);
    expect(answer?.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ detail: expect.any(String) });
  });

  it('gets no second answer into one that has begun', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /begun HTTP/1.1\r\nhost: x\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.endsWith('begun')) socket.write('rubbish\r\n\r\n');
    }
    expect(answer).toMatch(/\r\n\r\nbegun$/);
  });
});
