import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tokenSource } from './token-source.js';

let server: Server;
let url: string;
let asked: URLSearchParams[] = [];
let answer: { readonly status: number; readonly body: string };

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: '{"access_token":"t","expires_in":100}' };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    asked.push(new URLSearchParams(text));
    const body = answer.body.replace('"t"', `"t${asked.length}"`);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
  };
  server = createServer((request, response) => void respond(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const client = () => ({ AUTH_TOKEN_URL: url, AUTH_CLIENT_ID: 'shop', AUTH_CLIENT_SECRET: 'secret' });

describe('a token', () => {
  it('is nobody’s where nothing says how to get one', () => {
    expect(tokenSource({})).toBeUndefined();
  });

  it('is the one that was given, before any other', async () => {
    expect(await tokenSource({ ...client(), AUTH_TOKEN: 'given' })?.()).toBe('given');
    expect(asked).toEqual([]);
  });

  it('is asked for with client credentials, once for all who wait, and again when a tenth of its life is left', async () => {
    let nowMs = 0;
    const source = tokenSource({ ...client(), AUTH_SCOPE: 'orders:read lab' }, { now: () => nowMs });
    expect(await Promise.all([source?.(), source?.()])).toEqual(['t1', 't1']);
    nowMs = 89_999;
    expect(await source?.()).toBe('t1');
    nowMs = 90_000;
    expect(await source?.()).toBe('t2');
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'shop',
      client_secret: 'secret',
      scope: 'orders:read lab',
    });
    expect(asked).toHaveLength(2);
  });

  it('is asked for with the secret that the file holds by then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'token-'));
    const file = join(folder, 'secret');
    writeFileSync(file, 'first\n');
    let nowMs = 0;
    const { AUTH_CLIENT_SECRET: _, ...others } = client();
    const source = tokenSource({ ...others, AUTH_CLIENT_SECRET_FILE: file }, { now: () => nowMs });
    await source?.();
    writeFileSync(file, 'second\n');
    nowMs = 100_000;
    await source?.();
    expect(asked.map((form) => form.get('client_secret'))).toEqual(['first', 'second']);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [400, '{"error":"invalid_scope","error_description":"Not granted."}', /invalid_scope: Not granted\./],
    [500, 'oops', /it answers 500/],
    [200, '{"token":"x"}', /something else than a token/],
  ])('that is not given says why: %i %s', async (status, body, message) => {
    answer = { status, body };
    const source = tokenSource(client());
    await expect(source?.()).rejects.toThrow(message);
    answer = { status: 200, body: '{"access_token":"t"}' };
    expect(await source?.()).toBe('t2');
  });

  it('of an issuer that does not answer says so, and nothing of the secret', async () => {
    const source = tokenSource({ ...client(), AUTH_TOKEN_URL: 'http://127.0.0.1:1/token' });
    await expect(source?.()).rejects.toThrow(/^The issuer does not answer at http:\/\/127\.0\.0\.1:1\/token\.$/);
  });

  it.each([
    [{ AUTH_CLIENT_ID: 'shop' }, 'AUTH_TOKEN_URL is not'],
    [{ AUTH_TOKEN_URL: 'http://x/token' }, 'needs AUTH_CLIENT_ID'],
    [
      { AUTH_TOKEN_URL: 'http://x/token', AUTH_CLIENT_ID: 'a', AUTH_CLIENT_SECRET: 'b', AUTH_CLIENT_SECRET_FILE: 'c' },
      'both set',
    ],
  ])('cannot be had with half of the settings: %j', (variables, message) => {
    expect(() => tokenSource(variables)).toThrow(message);
  });
});
