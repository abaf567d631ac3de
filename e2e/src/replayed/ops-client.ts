import type { System } from '../system.js';
import { until } from '../until.js';

export interface Stage {
  readonly letters: number;
  readonly waiting: number;
  readonly confirmed: number;
  readonly failedAgain: number;
  readonly missing: number;
}

export interface Replay {
  readonly id: string;
  readonly state: 'running' | 'paused' | 'stopped' | 'cancelled' | 'done';
  readonly why?: string;
  readonly stages: readonly Stage[];
}

export interface Group {
  readonly queue: string;
  readonly reason: string;
  readonly present: number;
}

/** Asks order-api's `/ops`, again while it is away: it may be killed at any time. */
export class OpsClient {
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  async indexed(queue: string): Promise<number> {
    const view = await this.get<{ deadLetters: { indexed: number } }>(`/ops/queues/${queue}`);
    return view.deadLetters.indexed;
  }

  async groups(queue: string): Promise<readonly Group[]> {
    const { items } = await this.get<{ items: readonly Group[] }>('/ops/groups');
    return items.filter((group) => group.queue === queue);
  }

  /** A repeated request is the same replay. */
  async replay(queue: string, reason: string, request: object): Promise<Replay> {
    const selection = await this.post<{ id: string }>('/ops/selections', { queue, filter: { reason } });
    return this.post<Replay>('/ops/replays', { selectionId: selection.id, ...request });
  }

  show(id: string): Promise<Replay> {
    return this.get<Replay>(`/ops/replays/${id}`);
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>(path, {});
  }

  post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.#ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Asks until it is answered; a refusal is final. */
  async #ask<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await until(
      `order-api answers ${path}`,
      () => fetch(this.#system.url('order-api', path), init),
      ({ status }) => status < 500,
    );
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

/** How many letters of a replay are confirmed. */
export function confirmedOf({ stages }: Pick<Replay, 'stages'>): number {
  return stages.reduce((sum, { confirmed }) => sum + confirmed, 0);
}
