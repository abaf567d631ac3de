import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { orderflow } from '../../test/command-line.js';
import { Scripts } from '../../test/scripts.js';

const scripts = new Scripts();
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => server?.close(closed));
});
afterAll(() => scripts.remove());

const order = { id: '7', status: 'paid', customerId: 'ada', currency: 'EUR', total: 100, createdAt: null };

/** An issuer and an order-api that takes its tokens only, in one server. */
async function serve() {
  const seen: { path: string; authorization: string | undefined; form: Record<string, string> }[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { url: path = '', headers } = request;
    seen.push({ path, authorization: headers.authorization, form: Object.fromEntries(new URLSearchParams(text)) });
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (path === '/token') return answer(200, { access_token: 'a-token', expires_in: 60 });
    if (headers.authorization !== 'Bearer a-token') return answer(401, { detail: 'Send a token.' });
    if (path.endsWith('/timeline')) return answer(200, { messages: [] });
    return answer(request.method === 'POST' ? 202 : 200, path.startsWith('/orders?') ? { items: [order] } : order);
  };
  server = createServer((request, response) => void respond(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { AUTH_TOKEN_URL: `${url}/token`, AUTH_CLIENT_ID: 'shop', AUTH_CLIENT_SECRET: 'secret' };
  return { seen, url, client, run: orderflow.bind(undefined, scripts.directory) };
}

describe('orderflow token', () => {
  it('prints the token alone, with what was asked for in it', async () => {
    const { seen, client, run } = await serve();
    const { code, output } = await run(
      client,
      'token',
      '--scope',
      'orders:read',
      '--scope',
      'lab',
      '--customer',
      'ada',
    );
    expect([code, output]).toEqual([0, 'a-token\n']);
    expect(seen[0]?.form).toMatchObject({ client_id: 'shop', scope: 'orders:read lab', customer: 'ada' });
  });

  it('says why there is none', async () => {
    const { run } = await serve();
    const nobody = { AUTH_TOKEN_URL: 'http://127.0.0.1:1/token', AUTH_CLIENT_ID: 'a', AUTH_CLIENT_SECRET: 'b' };
    expect(await run(nobody, 'token')).toMatchObject({
      code: 1,
      errors: 'orderflow: The issuer does not answer at http://127.0.0.1:1/token.\n',
    });
    expect((await run({ AUTH_TOKEN_URL: 'http://127.0.0.1:1/token' }, 'token')).code).toBe(2);
  });
});

describe('what calls the API', () => {
  it('brings a token: the one that is given, or one that it asks for once', async () => {
    const { seen, url, client, run } = await serve();
    expect((await run({ ORDER_API_URL: url, AUTH_TOKEN: 'a-token' }, 'orders', 'list')).code).toBe(0);
    expect((await run({ ORDER_API_URL: url, ...client }, 'orders', 'watch', '7')).code).toBe(0);
    expect(seen.map(({ path }) => path)).toEqual(['/orders?limit=20', '/token', '/orders/7', '/orders/7/timeline']);
    expect(seen.filter(({ path }) => path !== '/token').map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 3 }, () => 'Bearer a-token'),
    );
  });

  it('says what to set where one is needed', async () => {
    const { url, run } = await serve();
    const { code, errors } = await run({ ORDER_API_URL: url }, 'orders', 'list');
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/answers 401: Send a token\. \(AUTH_TOKEN, or AUTH_TOKEN_URL/),
    ]);
  });
});
