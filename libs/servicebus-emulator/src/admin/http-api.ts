import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { AccessControl } from '../auth/access-control.js';
import { BrokerError } from '../entities/errors.js';
import type { Log } from '../log.js';
import type { AtomApi } from './atom/atom-api.js';
import { formatRefusal, refusalOf } from './atom/refusal.js';
import { sendJson, sendText } from './answer.js';
import type { ControlApi } from './control/control-api.js';
import { BodyTooLargeError, readBody } from './read-body.js';

const XML = 'application/xml';
const ATOM = 'application/atom+xml';

/** What answers once the broker is ready. */
interface HttpApis {
  /** Undefined when everybody may do everything. */
  readonly access: AccessControl | undefined;
  readonly atom: AtomApi;
  readonly control: ControlApi;
}

/** Everything the broker answers over HTTP: Azure's management API, and the broker's own pages. */
export class HttpApi {
  readonly #log: Log;
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #apis: HttpApis | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on the broker is ready and says so. */
  start(apis: HttpApis): void {
    this.#apis = apis;
    this.#phase = 'ready';
  }

  /** From now on it says that it is stopping, and answers nothing else. */
  stop(): void {
    this.#phase = 'stopping';
  }

  /** Answers a request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    if (!url) return sendText(response, 400, 'text/plain', 'The URL or the host header cannot be read.\n');
    // Every request of Azure's API has a version; so an entity may be named like one of the broker's own pages.
    const isAtom = url.searchParams.has('api-version');
    const isServices = url.pathname === '/' && (request.method === 'GET' || request.method === 'HEAD');
    try {
      if (url.pathname === '/health' && !isAtom) return this.#health(response);
      const apis = this.#ready();
      // Whoever wants to know whether the namespace can be reached asks this, without a token.
      if (isServices && !isAtom) return sendText(response, 200, `${ATOM};type=feed`, apis.atom.services());
      // The broker's own pages show and change everything.
      apis.access?.check(request.headers.authorization, isAtom ? decodeURIComponent(url.pathname) : '/', 'Manage');
      if (isAtom) await answerAtom(apis.atom, url, request, response);
      else await apis.control.answer({ url, message: request, response });
    } catch (error) {
      this.#refuse(error, isAtom, request, response);
    }
  }

  #health(response: ServerResponse): void {
    sendJson(response, this.#phase === 'ready' ? 200 : 503, { status: this.#phase });
  }

  #ready(): HttpApis {
    if (this.#phase === 'ready' && this.#apis) return this.#apis;
    throw new BrokerError('com.microsoft:server-busy', `The broker is ${this.#phase}.`);
  }

  #refuse(error: unknown, isAtom: boolean, { method, url }: IncomingMessage, response: ServerResponse): void {
    const known = error instanceof BodyTooLargeError ? { status: 413, detail: error.message } : refusalOf(error);
    if (!known) this.#log('error', 'A management request failed.', { method, url, error });
    if (response.headersSent) return void response.destroy();
    const refusal = known ?? { status: 500, detail: String(error) };
    if (isAtom) sendText(response, refusal.status, XML, formatRefusal(refusal));
    else sendJson(response, refusal.status, { error: refusal.detail });
  }
}

async function answerAtom(atom: AtomApi, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, xml, document, etag } = await atom.answer({
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    body: await readBody(request),
    update: request.headers['if-match'] !== undefined,
    base: `${url.origin}/`,
  });
  sendText(response, status, `${ATOM};type=${document}`, xml, etag === undefined ? {} : { etag });
}

/** What was asked for, by the URL as this client reached the namespace; undefined when it is no URL. */
function urlOf({ url, headers, socket }: IncomingMessage): URL | undefined {
  const scheme = (socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  return URL.parse(url ?? '/', `${scheme}://${headers.host ?? 'localhost'}`) ?? undefined;
}
