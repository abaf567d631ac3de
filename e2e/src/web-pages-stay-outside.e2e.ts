import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attackFrom, type Face } from './attacking-page.js';
import { Browser, requireChromium } from './browser.js';
import { System } from './system.js';

/** A name that leads to this machine, as its owner can have it do at any time (DNS rebinding). */
const evil = 'evil.example';
const chromium = requireChromium('whether web pages can use the system was not tried');
const entry =
  '<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><QueueDescription/></content></entry>';

let system: System;
let browser: Browser;
/** The attacker's own. */
let server: Server;
let faces: readonly Face[];

function facesOf(running: System): readonly Face[] {
  const app = (name: string, rest: Omit<Face, 'name' | 'host'>) => ({ ...rest, name, host: hostOf(running.url(name)) });
  const worker = { read: '/metrics', write: '/health/live', body: 'x' };
  const clock = { read: '/entities', write: '/clock', body: '{"advance":"PT1S"}' };
  const admin = { read: '/$Resources/Queues?api-version=2021-05', write: '/evil?api-version=2021-05', body: entry };
  return [
    app('order-api', { read: '/orders', write: '/send', body: 'hello' }),
    app('order-worker', worker),
    app('billing-worker', worker),
    app('analytics-worker', { ...worker, read: '/analytics/summary' }),
    app('payment-gateway', { read: '/charges/totals', write: '/charges', body: 'x' }),
    { name: 'broker, its own pages', host: hostOf(running.connectionString), ...clock },
    { name: 'broker, its own pages', host: hostOf(running.adminConnectionString), ...clock },
    { name: "broker, Azure's API", host: hostOf(running.connectionString), ...admin },
    { name: "broker, Azure's API", host: hostOf(running.adminConnectionString), ...admin },
  ];
}

function hostOf(address: string): string {
  return /:\/\/([^;/]+)/.exec(address)?.[1] ?? '';
}

(chromium ? describe : describe.skip)('a web page', () => {
  beforeAll(async () => {
    server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end('<p>Hello'));
    server.listen(0, '127.0.0.1');
    const running = await Promise.all([System.start(), Browser.start(chromium ?? '', evil), once(server, 'listening')]);
    [system, browser] = running;
    faces = facesOf(system);
  });
  afterAll(async () => {
    server.close();
    await Promise.all([browser?.close(), system?.remove()]);
  });

  it('whose own name leads here gets nothing and changes nothing, on any port', async () => {
    const outcomes = await Promise.all(
      faces.map(async (face) => {
        const base = `${evil}:${face.host.split(':')[1]}`;
        // A page of that origin: what is there under this name is what it came from before.
        const page = await browser.open(`http://${base}/health`);
        return [face.name, base, page.answers[0]?.status, await attackFrom(page, base, face)];
      }),
    );
    const refused = { statuses: { GET: [403], POST: [403, 403], PUT: [403] }, webSocket: 'refused' };
    expect(outcomes).toEqual(outcomes.map(([name, base]) => [name, base, 403, refused]));
    expect(await brokerPage('/entities')).not.toContain('evil');
    expect(await brokerPage('/clock')).toContain('"ahead":"PT0S"');
  });

  it('of another site gets nothing and changes nothing, on any port', async () => {
    const { port } = server.address() as AddressInfo;
    const outcomes = await Promise.all(
      faces.map(async (face) => {
        const page = await browser.open(`http://${evil}:${port}/`);
        return [face.name, face.host, await attackFrom(page, face.host, face)];
      }),
    );
    // PUT is asked for beforehand.
    const refused = { statuses: { GET: [403], POST: [403, 403], OPTIONS: [403] }, webSocket: 'refused' };
    expect(outcomes).toEqual(outcomes.map(([name, host]) => [name, host, refused]));
  });

  it("of order-api's documentation works, and can try what it documents", async () => {
    const base = `localhost:${hostOf(system.url('order-api')).split(':')[1]}`;
    const page = await browser.open(`http://${base}/docs`);
    expect(await page.run('() => document.title')).toBe('OrderFlow order-api');
    expect(page.answers.map(({ status }) => status)).toEqual(page.answers.map(() => 200));
    const list = `() => fetch('/orders').then(({ status }) => status)`;
    const place = `() => fetch('/send', { method: 'POST', body: 'hello' }).then(({ status }) => status)`;
    expect([await page.run(list), await page.run(place)]).toEqual([200, 200]);
  });
});

async function brokerPage(path: string): Promise<string> {
  return (await fetch(`http://${hostOf(system.adminConnectionString)}${path}`)).text();
}
