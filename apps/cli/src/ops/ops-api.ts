import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { readRuntime } from '../runtime-file.js';
import { readEvents, type ServerEvent } from './event-stream.js';
import { type Credentials, findCredentials } from '../token/access-token.js';

const timeoutMs = 30_000;

/** Nobody listens there, or not now. */
export class NoAnswer extends CommandError {}

/** What a stream of events is asked for. */
export interface EventsRequest {
  readonly topics: readonly string[];
  /** Of the event that came last, to go on behind it. */
  readonly lastId: string | undefined;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

interface AskOptions {
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A client of the `/ops` routes of order-api. Every failure is a {@link CommandError} that says what to do. */
export class OpsApi {
  readonly #baseUrl: string;
  readonly #credentials: Credentials;

  constructor(baseUrl: string, credentials: Credentials) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#credentials = credentials;
  }

  /** @param query what is undefined is left out */
  get<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<T> {
    const given: [string, string][] = [];
    for (const [name, value] of Object.entries(query)) if (value !== undefined) given.push([name, String(value)]);
    const search = new URLSearchParams(given).toString();
    return this.#request('GET', search === '' ? path : `${path}?${search}`);
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#request('POST', path, body);
  }

  /** An answer that is no JSON document, in the pieces in which it comes; it may take as long as it takes. */
  async *stream(method: 'GET' | 'POST', path: string, body?: object): AsyncGenerator<Uint8Array> {
    const { url, answer } = await this.#ask(method, path, { body });
    if (!answer.ok) throw new CommandError(describeRefusal(url, answer.status, await answer.text()));
    try {
      yield* answer.body ?? [];
    } catch (cause) {
      throw new CommandError(`The answer of ${url} broke off: ask again.`, { cause });
    }
  }

  /** What changes, as it changes, until the server ends the stream. Rejects with {@link NoAnswer} when it breaks off. */
  async *events({ topics, lastId, signal }: EventsRequest): AsyncGenerator<ServerEvent> {
    const headers: Readonly<Record<string, string>> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const { url, answer } = await this.#ask('GET', `/ops/events?topics=${topics.join()}`, { headers, signal });
    if (!answer.ok) {
      const refusal = describeRefusal(url, answer.status, await answer.text());
      // A replica that is about to end says so; another one answers.
      throw answer.status === 503 ? new NoAnswer(refusal) : new CommandError(refusal);
    }
    if (answer.body === null) return;
    try {
      yield* readEvents(answer.body);
    } catch (cause) {
      throw new NoAnswer(`The events of ${url} broke off.`, { cause });
    }
  }

  async #request<T>(method: string, path: string, body?: object): Promise<T> {
    const { url, answer } = await this.#ask(method, path, { body, signal: AbortSignal.timeout(timeoutMs) });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as T;
    throw new CommandError(describeRefusal(url, answer.status, text));
  }

  async #ask(method: string, path: string, { body, headers, signal }: AskOptions) {
    const url = this.#baseUrl + path;
    const answer = await fetch(url, {
      method,
      headers: { ...headers, ...(await this.#credentials()), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }).catch((cause: unknown) => {
      const advice = 'start it with npm start, or set OPS_API_URL.';
      throw new NoAnswer(`No ops API answers at ${this.#baseUrl}: ${advice}`, { cause });
    });
    return { url, answer };
  }
}

/** The API at `OPS_API_URL`, else at `ORDER_API_URL`, else the running one, else the usual address. */
export function findOpsApi(context: CommandContext): OpsApi {
  const { workspace, environment } = context;
  const running = readRuntime(workspace.runtimeFile)?.urls['order-api'];
  const { OPS_API_URL, ORDER_API_URL } = environment;
  const url = OPS_API_URL || ORDER_API_URL || running || 'http://127.0.0.1:3000';
  return new OpsApi(url, findCredentials(context));
}

interface ProblemDocument {
  readonly type?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer?: string; readonly parameter?: string; readonly detail: string }[];
}

function describeRefusal(url: string, status: number, text: string): string {
  const problem = problemOf(text);
  if (status === 401) return `${url} asks for a token: set AUTH_TOKEN, or AUTH_TOKEN_URL (orderflow token --help).`;
  if (status === 404 && problem?.type?.endsWith(':not-found')) {
    return `${url} is not there: is it order-api with OPS=true?`;
  }
  const parts = problem?.errors?.map((part) => `${part.parameter ?? part.pointer ?? ''}: ${part.detail}`) ?? [];
  return [`${problem?.detail ?? `${url} answers ${status}: ${text.slice(0, 300)}`}`, ...parts].join('\n  ');
}

/** Undefined for an answer that is no problem document (RFC 9457). */
function problemOf(text: string): ProblemDocument | undefined {
  try {
    return JSON.parse(text) as ProblemDocument;
  } catch {
    return undefined; // the text itself is shown then
  }
}
