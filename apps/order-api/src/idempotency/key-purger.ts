import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import { purgeKeys } from './purge-keys.js';

/** How often expired keys are removed, in milliseconds. */
const everyMs = 600_000;

/** Removes expired idempotency keys from time to time; a failed round is logged and the next one makes up for it. */
@Injectable()
export class KeyPurger implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger(KeyPurger.name);
  readonly #pool: pg.Pool;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(@Inject(pg.Pool) pool: pg.Pool) {
    this.#pool = pool;
  }

  onModuleInit(): void {
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
      this.#logger.warn({ err: error }, 'expired idempotency keys were not removed; trying again later');
    }
  }
}
