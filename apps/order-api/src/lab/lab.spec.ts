import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryTransport } from '@orderflow/messaging/memory';
import { deferred } from '../../test/deferred.js';
import { type HttpApp, serve } from '../../test/http-app.js';
import { LabModule } from './lab.module.js';
import type { LabBatch, ReceiveOptions } from './lab-queue.js';
import { TransportLabQueue } from './transport-lab-queue.js';

const curl = (...args: string[]) => promisify(execFile)('curl', ['-s', ...args]).then(({ stdout }) => stdout);

/** Resolves `receiving` when a receive has begun, and `released` when its batch was handed back. */
class WatchedQueue extends TransportLabQueue {
  readonly receiving = deferred();
  readonly released = deferred();

  override async receive(options: ReceiveOptions): Promise<LabBatch> {
    this.receiving.resolve();
    const batch = await super.receive(options);
    return { ...batch, release: () => batch.release().then(this.released.resolve) };
  }
}

let queue: WatchedQueue;
let app: HttpApp;

beforeEach(async () => {
  queue = new WatchedQueue(createMemoryTransport({ topology: { queues: ['lab'] } }), 'lab');
  app = await serve(LabModule.over({ useFactory: () => queue }));
});

afterEach(() => app.close());

const send = (body: string | Uint8Array<ArrayBuffer>, type = 'text/plain') =>
  fetch(`${app.url}/send`, { method: 'POST', body, headers: { 'content-type': type } });
const receive = async (query: string): Promise<unknown> => (await fetch(`${app.url}/receive?${query}`)).json();

describe('the messaging lab', () => {
  it('does what the lab page does with curl', async () => {
    expect(await curl('-XPOST', '--data', 'Hello world!', `${app.url}/send`)).toBe('true');
    expect(await curl('-XGET', `${app.url}/receive?idleTimeout=0.05`)).toBe('["Hello world!"]');
    expect(await curl('-XGET', `${app.url}/receive?idleTimeout=0.05`)).toBe('[]');
  });

  it.each([
    ['text', 'text/plain', 'héllo ✓'],
    ['what curl calls a form', 'application/x-www-form-urlencoded', 'a=b&c=%20+'],
    ['JSON, as it is', 'application/json', '{ "b": 1,\n"a": 2 }'],
    ['what only claims to be JSON', 'application/json', '{'],
    ['an unknown media type', 'application/x-nobody-knows', 'x'],
    ['a text that looks like a number', 'text/plain', '007'],
    ['nothing', 'text/plain', ''],
    ['a byte order mark', 'text/plain', '\ufeffa'],
  ])('sends and receives %s unchanged', async (_, type, text) => {
    const sent = await send(text, type);
    expect([sent.status, await sent.text()]).toEqual([200, 'true']);
    expect(await receive('idleTimeout=0.02')).toEqual([text]);
  });

  it('refuses bytes that are no text', async () => {
    const answer = await send(new Uint8Array([0xff, 0xfe]));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ type: 'urn:orderflow:problem:not-utf-8' });
    expect(await receive('idleTimeout=0.02')).toEqual([]);
  });

  it('refuses a body beyond the limit', async () => {
    const answer = await send('x'.repeat(10_001));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ type: 'urn:orderflow:problem:body-too-large' });
  });

  it('answers a JSON array in UTF-8, oldest first, and stops at max', async () => {
    for (const text of ['a', 'b', 'c']) await send(text);
    const answer = await fetch(`${app.url}/receive?idleTimeout=60&max=2`);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toEqual(['a', 'b']);
    expect(await receive('idleTimeout=0.02')).toEqual(['c']);
  });

  it('takes what comes while it waits', async () => {
    const received = receive('idleTimeout=30&max=1');
    await queue.receiving.promise;
    await send('late');
    expect(await received).toEqual(['late']);
  });

  it('looks without taking', async () => {
    await send('a');
    await send('b');
    const peek = async (query: string) => (await fetch(`${app.url}/peek${query}`)).json();
    expect(await peek('')).toEqual(['a', 'b']);
    expect(await peek('?max=1')).toEqual(['a']);
    expect(await receive('idleTimeout=0.02')).toEqual(['a', 'b']);
  });

  it('hands messages back when the client leaves before the answer', async () => {
    await send('precious');
    const leaving = request(`${app.url}/receive?idleTimeout=60`).end();
    const left = once(leaving, 'error');
    await queue.receiving.promise;
    leaving.destroy();
    await left;
    await queue.released.promise;
    expect(await receive('idleTimeout=0.02')).toEqual(['precious']);
  });

  it('answers with what it has when the service stops', async () => {
    await send('a');
    const received = receive('idleTimeout=60');
    await queue.receiving.promise;
    await app.close();
    expect(await received).toEqual(['a']);
  });

  it('lists every parameter that is wrong', async () => {
    const answer = await fetch(`${app.url}/receive?idleTimeout=0&max=1001&wait=1`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await answer.json()).toMatchObject({
      status: 400,
      instance: '/receive',
      errors: [
        { parameter: 'idleTimeout', detail: 'must be a number of seconds above 0 and up to 60' },
        { parameter: 'max', detail: 'must be a whole number from 1 to 1000' },
        { parameter: 'wait', detail: 'is not known here; leave it out' },
      ],
    });
  });
});
