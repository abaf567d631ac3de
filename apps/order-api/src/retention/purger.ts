import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { PostgresInbox } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { purgeKeys } from '../idempotency/purge-keys.js';

/** How often rows past their time are removed, in milliseconds. */
const everyMs = 600_000;
/** How long the inbox remembers, in milliseconds: 30 days, longer than a message is redelivered or kept in a DLQ. */
const inboxMs = 30 * 24 * 3_600_000;

/** Removes expired idempotency keys and inbox rows from time to time; the next round makes up for one that failed. */
export class Purger implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(Purger.name);
  readonly #pool: Pool;
  readonly #inbox: PostgresInbox;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(pool: Pool, inbox: PostgresInbox) {
    this.#pool = pool;
    this.#inbox = inbox;
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#purge());
    }, everyMs);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #purge(): Promise<void> {
    try {
      const keys = await purgeKeys(this.#pool, new Date());
      const messages = await this.#inbox.purge({ olderThanMs: inboxMs });
      this.#logger.debug({ keys, messages }, 'removed what is past its time');
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not remove what is past its time; trying again later');
    }
  }
}
