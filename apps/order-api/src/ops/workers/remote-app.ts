import type {
  HandledMessage,
  OutboxReport,
  PauseReport,
  SetAsideQuery,
  SetAsideRequest,
  TokenSource,
} from '@orderflow/service-kit';
import type { z } from 'zod';
import { changedReport, handledReport, healthReport, outboxReport, pauseReport } from './app-answers.js';
import { type AppHealth, type AppOps, unavailable } from './app-ops.js';

export interface RemoteAppOptions {
  readonly name: string;
  /** Where it answers, without a slash at its end. */
  readonly url: string;
  /** Absent where no tokens are asked for. */
  readonly token: TokenSource | undefined;
  /** How long an answer may take, in milliseconds; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** A worker, by the `/ops` routes that it serves. */
export class RemoteApp implements AppOps {
  readonly name: string;
  readonly #options: RemoteAppOptions;

  constructor(options: RemoteAppOptions) {
    this.name = options.name;
    this.#options = options;
  }

  outbox({ cursor, limit }: SetAsideQuery): Promise<OutboxReport> {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
    return this.#ask(outboxReport, 'GET', `/ops/outbox?${query}`);
  }

  async resend(request: SetAsideRequest): Promise<number> {
    return (await this.#ask(changedReport, 'POST', '/ops/outbox/resend', request)).messages;
  }

  async drop(request: SetAsideRequest): Promise<number> {
    return (await this.#ask(changedReport, 'POST', '/ops/outbox/drop', request)).messages;
  }

  readPause(): Promise<PauseReport> {
    return this.#ask(pauseReport, 'GET', '/ops/pause');
  }

  async pause(reason: string): Promise<void> {
    await this.#ask(pauseReport, 'PUT', '/ops/pause', { reason });
  }

  async resume(): Promise<void> {
    const answer = await this.#request('DELETE', '/ops/pause');
    if (!answer.ok) throw this.#refused(answer.status);
  }

  async health(): Promise<AppHealth> {
    const answer = await this.#request('GET', '/health/ready');
    // 503 says what is wrong in the same form.
    const { details } = await this.#read(healthReport, answer);
    const troubles = Object.entries(details).flatMap(([part, { status: state, message }]) =>
      state === 'up' ? [] : [{ part, detail: message ?? state }],
    );
    return { state: !answer.ok ? 'down' : troubles.length > 0 ? 'degraded' : 'up', troubles };
  }

  async handled(ids: readonly string[]): Promise<readonly HandledMessage[]> {
    const { items } = await this.#ask(handledReport, 'POST', '/ops/handled', { ids });
    return items.map(({ id, consumer, at }) => ({ messageId: id, consumer, at: new Date(at) }));
  }

  async #ask<T>(shape: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> {
    const answer = await this.#request(method, path, body);
    if (!answer.ok) throw this.#refused(answer.status);
    return this.#read(shape, answer);
  }

  async #request(method: string, path: string, body?: object): Promise<Response> {
    const { name, url, token, timeoutMs = 5_000 } = this.#options;
    try {
      return await fetch(url + path, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${await token()}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw unavailable(name, `no answer from ${url}`, cause);
    }
  }

  async #read<T>(shape: z.ZodType<T>, answer: Response): Promise<T> {
    const { name, url } = this.#options;
    const body: unknown = await answer.json().catch((cause: unknown) => {
      throw unavailable(name, `the answer from ${url} cannot be read`, cause);
    });
    const { data, error } = shape.safeParse(body);
    if (error) throw unavailable(name, `${url} answers in another form than this version knows`, error);
    return data;
  }

  #refused(status: number) {
    const { name, url } = this.#options;
    const isRefusal = status === 401 || status === 403;
    return unavailable(
      name,
      isRefusal ? `${url} does not let this service ask (${status})` : `${url} answers ${status}`,
    );
  }
}
