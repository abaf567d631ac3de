import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Log } from '../log.js';
import type { AtomApi } from './atom/atom-api.js';
import { formatRefusal, refusalOf } from './atom/refusal.js';
import { BodyTooLargeError, readBody } from './read-body.js';

const XML = 'application/xml; charset=utf-8';
const ATOM = 'application/atom+xml; charset=utf-8';

/** What is behind the face once the broker is ready. */
export interface ManagementApis {
  readonly atom: AtomApi;
}

/** Everything the broker answers over HTTP: Azure's management API, and the broker's own pages. */
export class ManagementFace {
  readonly #log: Log;
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #apis: ManagementApis | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on the broker is ready and says so. */
  start(apis: ManagementApis): void {
    this.#apis = apis;
    this.#phase = 'ready';
  }

  /** From now on it says that it is stopping, and answers nothing else. */
  stop(): void {
    this.#phase = 'stopping';
  }

  /** Answers a request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', baseOf(request));
    try {
      if (url.pathname === '/health' && !url.searchParams.has('api-version')) return this.#health(response);
      if (this.#phase !== 'ready' || !this.#apis) {
        return send(response, 503, XML, formatRefusal({ status: 503, detail: `The broker is ${this.#phase}.` }));
      }
      await answerAtom(this.#apis.atom, url, request, response);
    } catch (error) {
      this.#refuse(error, request, response);
    }
  }

  #health(response: ServerResponse): void {
    sendJson(response, this.#phase === 'ready' ? 200 : 503, { status: this.#phase });
  }

  #refuse(error: unknown, { method, url }: IncomingMessage, response: ServerResponse): void {
    if (error instanceof BodyTooLargeError) {
      return send(response, 413, XML, formatRefusal({ status: 413, detail: error.message }));
    }
    const refusal = refusalOf(error);
    if (!refusal) this.#log('error', 'A management request failed.', { method, url, error });
    send(response, refusal?.status ?? 500, XML, formatRefusal(refusal ?? { status: 500, detail: String(error) }));
  }
}

async function answerAtom(atom: AtomApi, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, xml } = await atom.answer({
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    body: await readBody(request),
    update: request.headers['if-match'] !== undefined,
    base: `${url.origin}/`,
  });
  send(response, status, ATOM, xml);
}

/** The namespace's URL as this client reached it. */
function baseOf({ headers, socket }: IncomingMessage): string {
  const scheme = (socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  return `${scheme}://${headers.host ?? 'localhost'}`;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
