import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MessagingResources, SERVICE_CONFIG, tokenSource } from '@orderflow/service-kit';
import { OpsBroker } from './broker/ops-broker.js';
import { DiscardRunner } from './discards/discard-runner.js';
import { OpsCipher } from './discards/ops-cipher.js';
import { createIndexUpkeep, type IndexUpkeep } from './dead-letter-index/index-upkeep.js';
import { IndexStore } from './dead-letter-index/index-store.js';
import { every } from './leader/every.js';
import { Lease } from './leader/lease.js';
import { Leader } from './leader/leader.js';
import type { OpsConfig } from './ops-variables.js';
import { Places } from './places.js';
import { confirmByInbox } from './replays/confirmations.js';
import { ReplayRunner } from './replays/replay-runner.js';
import { recordCounts } from './queues/count-store.js';

/** From one step of all replays to the next while there is nothing to do at once, in milliseconds. */
const replayEveryMs = 250;

/** What one replica at a time does in the background. */
@Injectable()
export class OpsWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(OpsWorker.name);
  readonly #leader: Leader;
  readonly #index: IndexUpkeep;
  readonly #replays: ReplayRunner;
  /** Undefined where there is no key for copies. */
  readonly #discards: DiscardRunner | undefined;
  readonly #messaging: MessagingResources;
  readonly #broker: OpsBroker;
  readonly #places: Places;
  readonly #intervalMs: number;

  constructor(
    @Inject(MessagingResources) messaging: MessagingResources,
    @Inject(OpsBroker) broker: OpsBroker,
    @Inject(Places) places: Places,
    @Inject(OpsCipher) { cipher }: OpsCipher,
    @Inject(SERVICE_CONFIG) config: OpsConfig,
  ) {
    const { pool } = messaging;
    const { OPS_LEASE: leaseMs, OPS_INDEX_INTERVAL: intervalMs, OPS_WORKERS: workers } = config;
    this.#messaging = messaging;
    this.#broker = broker;
    this.#places = places;
    this.#intervalMs = intervalMs;
    this.#index = createIndexUpkeep(broker.deadLetters, new IndexStore(pool), intervalMs);
    this.#replays = new ReplayRunner({
      pool,
      messaging: messaging.messaging,
      deadLetters: broker.deadLetters,
      confirm: confirmByInbox({
        own: { queue: messaging.queue, database: pool },
        workers,
        token: tokenSource(config),
      }),
      onError: (err, replay) => this.#logger.warn({ err, replay }, 'a replay could not go on; it is tried again'),
    });
    this.#discards =
      cipher &&
      new DiscardRunner({
        pool,
        messaging: messaging.messaging,
        deadLetters: broker.deadLetters,
        cipher,
        onError: (err, discard) => this.#logger.warn({ err, discard }, 'a discard could not go on; it is tried again'),
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
    const watched = (what: string) => ({ signal, onError: (err: unknown) => this.#logger.warn({ err }, what) });
    await Promise.all([
      every(this.#intervalMs, (ending) => this.#refresh(ending), watched('the index of dead letters stays as it is')),
      every(replayEveryMs, (ending) => this.#replay(ending), watched('replays stay where they are')),
    ]);
  }

  async #replay(signal: AbortSignal): Promise<void> {
    let isBusy = true;
    while (isBusy && !signal.aborted) {
      const replaying = await this.#replays.step(signal);
      isBusy = ((await this.#discards?.step(signal)) ?? false) || replaying;
    }
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
    const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
    const counts = await this.#broker.inspection?.counts(queue, { signal: limit });
    if (counts) await recordCounts(this.#messaging.pool, queue, counts);
    return counts;
  }
}
