import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, it } from '@jest/globals';
import { orderflow } from '../../test/command-line.js';
import { Scripts } from '../../test/scripts.js';
import { readEvents } from './event-stream.js';

const scripts = new Scripts();
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => (server ? server.close(closed) : closed(undefined)));
  server = undefined;
});
afterAll(() => scripts.remove());

/** Serves what the ops API would answer; returns how to run a command, and what was asked. */
async function serve(answer: (path: string, response: ServerResponse) => void) {
  const asked: { readonly path: string; readonly lastId: string | undefined }[] = [];
  server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', lastId: request.headers['last-event-id'] as string | undefined });
    answer(request.url ?? '', response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const run = (...args: string[]) => orderflow(scripts.directory, { OPS_API_URL: `http://127.0.0.1:${port}` }, ...args);
  return { run, asked };
}

const alert = { id: 'a-1', queue: 'orders', kind: 'dead-letters', detail: '3 dead letters.', state: 'open' };
const since = '2026-11-27T03:00:00.000Z';
const json = (response: ServerResponse, body: object) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));

it('shows alerts, and answers a script with its exit code', async () => {
  let items: object[] = [{ ...alert, since }];
  const { run, asked } = await serve((_path, response) => json(response, { items }));
  const open = await run('alerts');
  expect([open.code, open.output]).toEqual([
    0,
    expect.stringMatching(/^a-1 +orders +dead-letters +2026.* open +3 dead letters\.$/m),
  ]);
  expect((await run('alerts', '--check')).code).toBe(1);
  expect(JSON.parse((await run('alerts', '--json', '--all', '--queue', 'orders')).output)).toEqual(items);
  expect(asked.map(({ path }) => path)).toEqual([
    '/ops/alerts?state=open&limit=50',
    '/ops/alerts?state=open&limit=50',
    '/ops/alerts?queue=orders&limit=50',
  ]);
  items = [{ ...alert, since, mutedUntil: '2026-11-28T03:00:00.000Z' }];
  expect((await run('alerts', '--check')).code).toBe(0);
  items = [];
  expect((await run('alerts', '--check')).output).toBe('No alerts.\n');
});

const queue = (indexed: number) => ({
  name: 'orders',
  counts: null,
  deadLetters: { indexed, groups: 1, oldestAt: null },
});
const event = (id: number, name: string, data: object) =>
  `id: e-${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

it('watches one queue through a break, until it is asked to stop', async () => {
  const group = { id: 'g', queue: 'orders', type: 't', reason: 'Bug', present: 4, pattern: 'No. <n>' };
  const replay = { id: 'r', queue: 'orders', state: 'running', stage: 1, stages: [{ confirmed: 1, letters: 4 }] };
  let streams = 0;
  const { run, asked } = await serve((path, response) => {
    if (!path.startsWith('/ops/events')) {
      // Asked for again by `resync`, which is last: everything before it has been shown.
      if (streams === 2) process.emit('SIGINT');
      return void json(response, queue(streams === 2 ? 4 : 3));
    }
    streams += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (streams === 1) {
      const others = { items: [{ ...queue(9), name: 'billing' }] };
      return void response.end(
        event(0, 'hello', {}) + event(1, 'queues', others) + event(2, 'groups', { items: [group] }),
      );
    }
    const rest = event(3, 'queues', { items: [queue(4)] }) + event(4, 'replay', replay) + event(4, 'resync', {});
    return void response.write(event(2, 'hello', {}) + rest);
  });
  const { code, output } = await run('dlq', 'watch', 'orders');
  expect(code).toBe(0);
  expect(output.split('\n').map((line) => line.replace(/^[\d:]{8} /, ''))).toEqual([
    'orders: 3 dead letters in 1 groups',
    'group g: 4 of t, Bug: No. <n>',
    'orders: 4 dead letters in 1 groups',
    'replay r: running, stage 1 of 1, 1 of 4 confirmed',
    '',
  ]);
  expect(asked.filter(({ path }) => path.startsWith('/ops/events'))).toEqual([
    { path: '/ops/events?topics=queues,groups,replay', lastId: undefined },
    { path: '/ops/events?topics=queues,groups,replay', lastId: 'e-2' },
  ]);
});

it('ends with 1 for a queue that is not there', async () => {
  const { run } = await serve((path, response) => {
    if (path.startsWith('/ops/events')) return void response.writeHead(200).write(event(0, 'hello', {}));
    return void response
      .writeHead(404)
      .end(JSON.stringify({ type: 'urn:orderflow:problem:queue-not-found', detail: 'Not here.' }));
  });
  const { code, errors } = await run('dlq', 'watch', 'nowhere');
  expect([code, errors]).toEqual([1, 'orderflow: Not here.\n']);
});

it('reads events however their bytes are cut', async () => {
  const bytes = Buffer.from(
    ': comment\n\nid: 1\nevent: a\ndata: {"ä":\ndata: 1}\n\n:\n\ndata\n\nevent: b\r\ndata:x\r\n\r\nid: 3\n',
  );
  for (const size of [1, 2, 3, 1_000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    );
    const found = [];
    for await (const one of readEvents(ReadableStream.from(chunks) as ReadableStream<Uint8Array>)) found.push(one);
    expect(found).toEqual([
      { id: '1', name: 'a', data: '{"ä":\n1}' },
      { id: undefined, name: 'message', data: '' },
      { id: undefined, name: 'b', data: 'x' },
    ]);
  }
});
