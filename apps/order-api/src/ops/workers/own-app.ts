import {
  endPause,
  type HandledMessage,
  type MessagingResources,
  orderPause,
  type OutboxReport,
  type PauseReport,
  readHandled,
  readOutbox,
  readPause,
  type SetAsideQuery,
  type SetAsideRequest,
} from '@orderflow/service-kit';
import type { AppHealth, AppOps } from './app-ops.js';

/** This service itself: it asks its own database. */
export class OwnApp implements AppOps {
  readonly name = 'order-api';
  readonly #resources: MessagingResources;

  constructor(resources: MessagingResources) {
    this.#resources = resources;
  }

  outbox(query: SetAsideQuery): Promise<OutboxReport> {
    return readOutbox(this.#resources, query);
  }

  resend({ ids }: SetAsideRequest): Promise<number> {
    const { requests, messaging } = this.#resources;
    return requests.admit(() => messaging.outbox.setAside.resend(ids));
  }

  drop({ ids }: SetAsideRequest): Promise<number> {
    const { requests, messaging } = this.#resources;
    return requests.admit(() => messaging.outbox.setAside.drop(ids));
  }

  readPause(): Promise<PauseReport> {
    return readPause(this.#resources);
  }

  pause(reason: string): Promise<void> {
    return orderPause(this.#resources, reason);
  }

  resume(): Promise<void> {
    return endPause(this.#resources);
  }

  async health(): Promise<AppHealth> {
    const checked = await Promise.all(
      this.#resources.health().map(async ({ name, kind, check }) => {
        try {
          await check();
          return undefined;
        } catch (error) {
          return { part: name, detail: (error as Error).message, kind };
        }
      }),
    );
    const troubles = checked.filter((trouble) => trouble !== undefined);
    const state = troubles.some(({ kind }) => kind !== 'degraded') ? 'down' : troubles[0] ? 'degraded' : 'up';
    return { state, troubles: troubles.map(({ part, detail }) => ({ part, detail })) };
  }

  handled(ids: readonly string[]): Promise<readonly HandledMessage[]> {
    return readHandled(this.#resources.requests, ids);
  }
}
