import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { type Credentials, noCredentials } from '../token/access-token.js';
import { realClock } from './schedule.js';

/** What became of one order at the API's door. Times are milliseconds since 1970. */
export interface Placement {
  /** When it was due. */
  readonly intendedAt: number;
  readonly sentAt: number;
  /** When the answer was complete, or the request had failed. */
  readonly answeredAt: number;
  /** Present when it was accepted (202). */
  readonly order?: { readonly id: string; readonly createdAt: number };
  /** Present when it was not: `HTTP 503`, `timeout`, `ECONNRESET`. */
  readonly failure?: string;
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

const requestTimeoutMs = 30_000;
/** More requests than this wait for a connection; their latency counts meanwhile. */
const maxConnections = 256;

/** Places orders over connections that are kept, and never rejects: a failure is a measurement too. */
export class OrderPoster {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #body: string;
  readonly #credentials: Credentials;

  /** `customerId` marks the orders, so that they are found again. */
  constructor(apiUrl: string, customerId: string, credentials: Credentials = noCredentials) {
    this.#credentials = credentials;
    this.#url = new URL(`${apiUrl.replace(/\/$/, '')}/orders`);
    const options = { keepAlive: true, maxSockets: maxConnections };
    this.#agent = this.#url.protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
    const lines = [{ sku: 'tea', quantity: 2, unitPrice: 450 }];
    this.#body = JSON.stringify({ customerId, currency: 'EUR', lines });
  }

  /** Places one order that was due at `intendedAt`, with an Idempotency-Key as a careful client sends it. */
  async place(intendedAt: number): Promise<Placement> {
    const sentAt = realClock.now();
    try {
      const { status, text } = await this.#post(await this.#credentials());
      const times = { intendedAt, sentAt, answeredAt: realClock.now() };
      if (status !== 202) return { ...times, failure: `HTTP ${status}` };
      const { id, createdAt } = JSON.parse(text) as { id: string; createdAt: string };
      return { ...times, order: { id, createdAt: Date.parse(createdAt) } };
    } catch (error) {
      return { intendedAt, sentAt, answeredAt: realClock.now(), failure: reasonOf(error) };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(credentials: Readonly<Record<string, string>>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const send = this.#url.protocol === 'https:' ? tlsRequest : request;
    const posted = send(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(this.#body),
        'idempotency-key': `"${randomUUID()}"`,
        ...credentials,
      },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    posted.once('response', (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode, text }), reject);
    });
    posted.once('error', reject);
    posted.end(this.#body);
    return promise;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'unreadable answer';
  const { code, name, message } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError') return 'timeout';
  return code ?? message;
}
