import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Pool } from 'pg';
import { purgeKeys } from './purge-keys.js';

/** How often expired keys are removed, in milliseconds. */
const everyMs = 600_000;

/** Removes expired idempotency keys from time to time; the next round makes up for one that failed. */
export class KeyPurger implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(KeyPurger.name);
  readonly #pool: Pool;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(pool: Pool) {
    this.#pool = pool;
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
      const purged = await purgeKeys(this.#pool, new Date());
      if (purged > 0) this.#logger.log(`removed ${purged} expired idempotency keys`);
    } catch (error) {
      this.#logger.warn({ err: error }, 'expired idempotency keys could not be removed; trying again later');
    }
  }
}
