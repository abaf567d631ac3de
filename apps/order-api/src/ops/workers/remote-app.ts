import type { HandledMessage, OutboxReport, PauseReport, SetAsideQuery, SetAsideRequest } from '@orderflow/service-kit';
import { changedReport, handledReport, healthReport, outboxReport, pauseReport } from './app-answers.js';
import type { AppHealth, AppOps } from './app-ops.js';
import type { WorkerHttp } from './worker-http.js';

/** A worker, by the `/ops` routes that it serves. */
export class RemoteApp implements AppOps {
  readonly name: string;
  readonly #worker: WorkerHttp;

  constructor(worker: WorkerHttp) {
    this.name = worker.name;
    this.#worker = worker;
  }

  outbox({ cursor, limit }: SetAsideQuery): Promise<OutboxReport> {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
    return this.#worker.ask(outboxReport, 'GET', `/ops/outbox?${query}`);
  }

  async resend(request: SetAsideRequest): Promise<number> {
    return (await this.#worker.ask(changedReport, 'POST', '/ops/outbox/resend', { body: request })).messages;
  }

  async drop(request: SetAsideRequest): Promise<number> {
    return (await this.#worker.ask(changedReport, 'POST', '/ops/outbox/drop', { body: request })).messages;
  }

  readPause(): Promise<PauseReport> {
    return this.#worker.ask(pauseReport, 'GET', '/ops/pause');
  }

  async pause(reason: string): Promise<void> {
    await this.#worker.ask(pauseReport, 'PUT', '/ops/pause', { body: { reason } });
  }

  async resume(): Promise<void> {
    await this.#worker.order('DELETE', '/ops/pause');
  }

  async health(): Promise<AppHealth> {
    // 503 says what is wrong in the same form.
    const { ok, data } = await this.#worker.look(healthReport, '/health/ready');
    const troubles = Object.entries(data.details).flatMap(([part, { status: state, message }]) =>
      state === 'up' ? [] : [{ part, detail: message ?? state }],
    );
    return { state: !ok ? 'down' : troubles.length > 0 ? 'degraded' : 'up', troubles };
  }

  async handled(ids: readonly string[]): Promise<readonly HandledMessage[]> {
    const { items } = await this.#worker.ask(handledReport, 'POST', '/ops/handled', { body: { ids } });
    return items.map(({ id, consumer, at }) => ({ messageId: id, consumer, at: new Date(at) }));
  }
}
