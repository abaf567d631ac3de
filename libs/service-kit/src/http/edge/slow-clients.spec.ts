import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import { HttpEdge } from './http-edge.js';

describe('a slow client', () => {
  const edge = new HttpEdge(() => undefined, { requestTimeoutMs: 300 });
  const fastify = Fastify({ ...edge.options, keepAliveTimeout: 60_000 });
  let port = 0;

  beforeAll(async () => {
    edge.guard(fastify);
    fastify.post('/read', async () => ({}));
    port = Number(new URL(await fastify.listen({ port: 0, host: '127.0.0.1' })).port);
  });

  afterAll(() => fastify.close());

  const head = 'POST /read HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const whole = `${head}content-length: 2\r\n\r\n{}`;

  it.each([
    ['sends nothing', []],
    [
      'never ends its headers',
      [head, 'a: b\r\n', 'c: d\r\n', 'e: f\r\n', 'g: h\r\n', 'i: j\r\n', 'k: l\r\n', 'm: n\r\n'],
    ],
    ['sends its body in drops', [`${head}content-length: 90\r\n\r\n`, '{', ' ', ' ', ' ', ' ', ' ', ' ']],
    ['begins a second request and stops', [whole, head]],
  ])('that %s is closed within the stated time', async (_, parts) => {
    const socket = connect(port, '127.0.0.1');
    const startedAt = performance.now();
    const rest = [...parts];
    const drops = setInterval(() => void socket.write(rest.shift() ?? ''), 60);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    clearInterval(drops);
    expect(answer).toMatch(/HTTP\/1\.1 408 [^]*request-timeout/);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(290);
    // The limit, the round in which it is seen, and the drops before a second request: far below Node's half a minute.
    expect(tookMs).toBeLessThan(5_000);
  });

  it('takes a limit that makes sense only', () => {
    expect(() => new HttpEdge(() => undefined, { requestTimeoutMs: 0 })).toThrow('requestTimeoutMs must be');
  });
});
