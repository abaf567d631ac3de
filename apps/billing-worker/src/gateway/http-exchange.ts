import { Agent, type IncomingHttpHeaders, type RequestOptions, request as overHttp } from 'node:http';
import { Agent as SecureAgent, request as overHttps } from 'node:https';

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Requests to one server on connections that are kept, by `node:http`: a third of the CPU of `fetch`. Redirections are
 * answers like others, and are not followed.
 */
export class HttpExchange {
  readonly #base: string;
  readonly #timeoutMs: number;
  readonly #isSecure: boolean;
  readonly #agent: Agent;

  /** @param timeoutMs how long a request may take until all of its answer is there */
  constructor(base: string, timeoutMs: number) {
    this.#base = base;
    this.#timeoutMs = timeoutMs;
    this.#isSecure = new URL(base).protocol === 'https:';
    this.#agent = this.#isSecure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  /**
   * Rejects when there is no whole answer in time, or `signal` is aborted. A request that meets the end of a kept
   * connection, which the server may close at any time, is sent once more on another one: it has to be one that may be
   * repeated.
   */
  async ask(path: string, signal: AbortSignal, request: HttpRequest = {}): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const url = new URL(path, this.#base);
    let hasGivenUp = false;
    let sent = this.#send(url, request, resolve, (error, isStale) => {
      if (isStale && !hasGivenUp) sent = this.#send(url, request, resolve, reject);
      else reject(error);
    });
    const giveUp = (reason: unknown): void => {
      hasGivenUp = true;
      reject(reason);
      sent.destroy();
    };
    const onAbort = (): void => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(new Error(`timeout: no answer in ${this.#timeoutMs} ms`)), this.#timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #send(
    url: URL,
    { method = 'GET', headers = {}, body }: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: Error, isStale: boolean) => void,
  ) {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options: RequestOptions = { method, agent: this.#agent, headers: { ...headers, ...length } };
    const sent = (this.#isSecure ? overHttps : overHttp)(url, options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', (error) => reject(error, false));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) => reject(error, sent.reusedSocket && error.code === 'ECONNRESET'));
    sent.end(body);
    return sent;
  }
}
