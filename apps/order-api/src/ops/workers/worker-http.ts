import type { TokenSource } from '@orderflow/service-kit';
import type { z } from 'zod';
import { reasonOf } from '../reason-of.js';
import { NotOffered, Unavailable } from './app-ops.js';

export interface WorkerHttpOptions {
  /** For people, e.g. `order-worker`. */
  readonly name: string;
  /** Where it answers, without a slash at its end. */
  readonly url: string;
  /** Absent where no tokens are asked for. */
  readonly token: TokenSource | undefined;
  /** How long an answer may take, in milliseconds; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** Requests to a worker. Each rejects with {@link Unavailable} when no answer comes, a refusal, or another than expected. */
export class WorkerHttp {
  readonly name: string;
  readonly #options: WorkerHttpOptions;

  constructor(options: WorkerHttpOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** The answer to a request, in its expected form. */
  async ask<T>(
    shape: z.ZodType<T>,
    method: string,
    path: string,
    { body, signal }: { readonly body?: object; readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    return this.#read(shape, await this.#accepted(method, path, body, signal));
  }

  /** A request that is answered without words. */
  async order(method: string, path: string): Promise<void> {
    await this.#accepted(method, path);
  }

  /** What a page says, whatever its status. */
  async look<T>(shape: z.ZodType<T>, path: string): Promise<{ readonly ok: boolean; readonly data: T }> {
    const answer = await this.#request('GET', path);
    return { ok: answer.ok, data: await this.#read(shape, answer) };
  }

  async #request(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const { name, url, timeoutMs = 5_000 } = this.#options;
    const authorization = await this.#authorization();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(url + path, {
        method,
        headers: { ...authorization, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (cause) {
      throw new Unavailable(name, `no answer from ${url} (${reasonOf(cause)})`, cause);
    }
  }

  async #read<T>(shape: z.ZodType<T>, answer: Response): Promise<T> {
    const { name, url } = this.#options;
    const body: unknown = await answer.json().catch((cause: unknown) => {
      throw new Unavailable(name, `the answer from ${url} cannot be read`, cause);
    });
    const { data, error } = shape.safeParse(body);
    if (error) throw new Unavailable(name, `${url} answers in another form than this version knows`, error);
    return data;
  }

  async #accepted(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const { name, url } = this.#options;
    const answer = await this.#request(method, path, body, signal);
    if (answer.ok) return answer;
    await answer.body?.cancel();
    const { status } = answer;
    if (status === 404) throw new NotOffered(name, `${url} answers 404: its version does not offer this`);
    const isRefusal = status === 401 || status === 403;
    throw new Unavailable(
      name,
      isRefusal ? `${url} does not let this service ask (${status})` : `${url} answers ${status}`,
    );
  }

  async #authorization(): Promise<Readonly<Record<string, string>>> {
    const { name, token } = this.#options;
    if (!token) return {};
    try {
      return { authorization: `Bearer ${await token()}` };
    } catch (cause) {
      throw new Unavailable(name, `no token can be had for it: ${(cause as Error).message}`, cause);
    }
  }
}
