import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from './free-port.js';
import { System } from './system.js';

const issuerApp = fileURLToPath(new URL('../../apps/dev-issuer/', import.meta.url));
const rolldown = fileURLToPath(new URL('../../node_modules/rolldown/bin/cli.mjs', import.meta.url));

/** It is no part of `npm start`, which asks for no token: built here, and run as its image does. */
function buildIssuer(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'dev-issuer-')), 'main.mjs');
  execFileSync(process.execPath, [rolldown, '-c', 'rolldown.config.mjs', '-o', file], {
    cwd: issuerApp,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: 'pipe',
  });
  return file;
}

let issuer: ChildProcess;
let bundle: string;
let system: System;
let client: Readonly<Record<string, string>>;

beforeAll(async () => {
  // Its address is its name, so the port has to be known before it listens.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  bundle = buildIssuer();
  issuer = spawn(process.execPath, [bundle], {
    env: { PORT: String(port), ISSUER: url, CLIENT_SECRET: 'of-this-test' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (!issuer.stdout) throw new Error('The issuer has no output to read.');
  await once(createInterface(issuer.stdout), 'line');
  client = {
    AUTH_TOKEN_URL: `${url}/token`,
    AUTH_CLIENT_ID: 'orderflow',
    AUTH_CLIENT_SECRET: 'of-this-test',
  };
  system = await System.start({ AUTH_ISSUER: url, AUTH_AUDIENCE: 'orderflow' });
});

afterAll(async () => {
  await system?.remove();
  issuer?.kill('SIGTERM');
  rmSync(dirname(bundle), { recursive: true, force: true });
});

const place = (token?: string, customerId = 'ada') =>
  fetch(system.url('order-api', '/orders'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ customerId, currency: 'EUR', lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }] }),
  });

describe('a system with an issuer', () => {
  it('takes nothing from nobody', async () => {
    expect((await place()).status).toBe(401);
    expect((await fetch(system.url('analytics-worker', '/analytics/summary'))).status).toBe(401);
  });

  it('has an order of a customer paid that the command got a token for, and shows it to nobody else', async () => {
    const token = system.runWith(client, 'token', '--customer', 'ada').trim();
    expect((await place(token, 'bob')).status).toBe(403);
    const answer = await place(token);
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { readonly id: string };
    expect(system.runWith({ AUTH_TOKEN: token }, 'orders', 'watch', id)).toContain(`Order ${id}: paid`);
    const bob = system.runWith(client, 'token', '--customer', 'bob').trim();
    expect(() => system.runWith({ AUTH_TOKEN: bob }, 'orders', 'watch', id)).toThrow(/answers 403/);
  });

  it('takes the orders of the command, which gets its tokens itself', () => {
    const sent = system.runWith(client, 'produce', '--orders', '5', '--events', '0', '--via-api', '--json');
    expect(JSON.parse(sent)).toMatchObject({ orders: Array.from({ length: 5 }, () => expect.any(String)), failed: 0 });
    expect(() => system.run('produce', '--orders', '1', '--events', '0', '--via-api')).toThrow(/answers 401/);
  });

  it('is put under load by the command, which gets its tokens itself, and pays every order', () => {
    const load = ['load', '--orders', '60', '--rate', '60', '--warm-up', '10', '--workers', '1', '--json'];
    const out = ['--out', join(system.state, 'load')];
    const { runs } = JSON.parse(system.runWith(client, ...load, ...out)) as {
      readonly runs: readonly { readonly paid: { readonly orders: number }; readonly failures: object }[];
    };
    expect(runs).toMatchObject([{ paid: { orders: 60 }, failures: {}, deadLettered: {} }]);
    // Whoever has no token is told so before thousands of orders are refused.
    expect(() => system.run(...load, ...out)).toThrow(/answers 401.*orderflow token --help/);
  });
});
