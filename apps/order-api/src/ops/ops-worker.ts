import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MessagingResources, SERVICE_CONFIG } from '@orderflow/service-kit';
import { OpsBroker } from './broker/ops-broker.js';
import { IndexKeeper } from './dead-letter-index/index-keeper.js';
import { IndexStore } from './dead-letter-index/index-store.js';
import { every } from './leader/every.js';
import { Lease } from './leader/lease.js';
import { Leader } from './leader/leader.js';
import type { OpsConfig } from './ops-variables.js';
import { Places } from './places.js';
import { recordCounts } from './queues/count-store.js';

/** What one replica at a time does in the background. */
@Injectable()
export class OpsWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(OpsWorker.name);
  readonly #leader: Leader;
  readonly #index: IndexKeeper;
  readonly #messaging: MessagingResources;
  readonly #broker: OpsBroker;
  readonly #places: Places;
  readonly #intervalMs: number;

  constructor(
    @Inject(MessagingResources) messaging: MessagingResources,
    @Inject(OpsBroker) broker: OpsBroker,
    @Inject(Places) places: Places,
    @Inject(SERVICE_CONFIG) { OPS_LEASE: leaseMs, OPS_INDEX_INTERVAL: intervalMs }: OpsConfig,
  ) {
    const { pool } = messaging;
    this.#messaging = messaging;
    this.#broker = broker;
    this.#places = places;
    this.#intervalMs = intervalMs;
    this.#index = new IndexKeeper({
      deadLetters: broker.deadLetters,
      store: new IndexStore(pool),
      sweepEveryMs: 600_000,
      sweepPauseMs: Math.min(30_000, 6 * intervalMs),
      now: Date.now,
    });
    this.#leader = new Leader({
      lease: new Lease(pool, { name: 'ops', holder: randomUUID(), leaseMs }),
      leaseMs,
      work: (signal) => this.#lead(signal),
      onError: (err) => this.#logger.warn({ err }, 'who leads the work of operations could not be settled'),
    });
  }

  onApplicationBootstrap(): void {
    this.#leader.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#leader.stop();
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const onError = (err: unknown) => this.#logger.warn({ err }, 'the index of dead letters could not be brought up');
    await every(this.#intervalMs, (ending) => this.#refresh(ending), { signal, onError });
  }

  /** One queue that cannot be read holds up no other. */
  async #refresh(signal: AbortSignal): Promise<void> {
    for (const { name } of this.#places.all) {
      if (signal.aborted) return;
      try {
        const counts = await this.#count(name, signal);
        await this.#index.refresh(name, counts?.deadLetters, signal);
      } catch (err) {
        if (!signal.aborted) this.#logger.warn({ err, queue: name }, 'the dead letters of a queue could not be read');
      }
    }
  }

  async #count(queue: string, signal: AbortSignal) {
    const counts = await this.#broker.count?.(queue, AbortSignal.any([signal, AbortSignal.timeout(10_000)]));
    if (counts) await recordCounts(this.#messaging.pool, queue, counts);
    return counts;
  }
}
