import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MessagingResources, SERVICE_CONFIG, tokenSource } from '@orderflow/service-kit';
import { NoticeRunner } from './alerts/notice-runner.js';
import { OpsBroker } from './broker/ops-broker.js';
import { DiscardRunner } from './discards/discard-runner.js';
import type { LetterCipher } from './copies/letter-cipher.js';
import { OpsCipher } from './copies/ops-cipher.js';
import { EditRunner } from './edits/edit-runner.js';
import { ExportRunner } from './exports/export-runner.js';
import { createIndexUpkeep, createIndexWatcher, type IndexUpkeep } from './dead-letter-index/index-upkeep.js';
import { IndexStore } from './dead-letter-index/index-store.js';
import type { IndexWatcher } from './dead-letter-index/index-watcher.js';
import { every } from './leader/every.js';
import { Lease } from './leader/lease.js';
import { Leader } from './leader/leader.js';
import { Monitor } from './monitor/monitor.js';
import { consumersOf } from './operated.js';
import type { OpsConfig } from './ops-variables.js';
import { Places } from './places.js';
import { confirmByInbox } from './replays/confirmations.js';
import { ReplayRunner } from './replays/replay-runner.js';
import { recordCounts } from './queues/count-store.js';

/** From one step of all replays to the next while there is nothing to do at once, in milliseconds. */
const replayEveryMs = 250;
/** From one look at what has to be told of alerts to the next, in milliseconds. */
const noticesEveryMs = 500;
/** How long the monitor waits for the first look into the queues, in milliseconds: a broker that is away takes longer. */
const longestFirstRefreshMs = 60_000;

/** What one replica at a time does in the background. */
@Injectable()
export class OpsWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(OpsWorker.name);
  readonly #leader: Leader;
  readonly #index: IndexUpkeep;
  readonly #watcher: IndexWatcher | undefined;
  readonly #replays: ReplayRunner;
  /** What is done with copies; nothing where there is no key for them. */
  readonly #copying: readonly { step(signal: AbortSignal): Promise<boolean> }[];
  readonly #messaging: MessagingResources;
  readonly #broker: OpsBroker;
  readonly #places: Places;
  readonly #intervalMs: number;
  readonly #monitor: Monitor;
  readonly #notices: NoticeRunner;
  readonly #monitorEveryMs: number;

  constructor(
    @Inject(MessagingResources) messaging: MessagingResources,
    @Inject(OpsBroker) broker: OpsBroker,
    @Inject(Places) places: Places,
    @Inject(OpsCipher) { cipher }: OpsCipher,
    @Inject(Monitor) monitor: Monitor,
    @Inject(NoticeRunner) notices: NoticeRunner,
    @Inject(SERVICE_CONFIG) config: OpsConfig,
  ) {
    const { pool } = messaging;
    const { OPS_LEASE: leaseMs, OPS_INDEX_INTERVAL: intervalMs } = config;
    this.#messaging = messaging;
    this.#broker = broker;
    this.#places = places;
    this.#intervalMs = intervalMs;
    this.#monitor = monitor;
    this.#notices = notices;
    this.#monitorEveryMs = config.OPS_MONITOR_INTERVAL;
    const store = new IndexStore(pool);
    this.#index = createIndexUpkeep(broker.deadLetters, store, intervalMs);
    this.#watcher = createIndexWatcher(broker.deadLetters, store, new Set(places.all.map(({ name }) => name)));
    this.#replays = new ReplayRunner({
      pool,
      messaging: messaging.messaging,
      deadLetters: broker.deadLetters,
      confirm: confirmByInbox({
        own: { queue: messaging.queue, database: pool },
        workers: consumersOf(config),
        token: tokenSource(config),
      }),
      onError: (err, replay) => this.#logger.warn({ err, replay }, 'a replay could not go on; it is tried again'),
    });
    this.#copying = cipher ? this.#copyingWith(cipher) : [];
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
    const refreshed = Promise.withResolvers<void>();
    const refresh = (ending: AbortSignal) => this.#refresh(ending).finally(refreshed.resolve);
    const atMost = delay(longestFirstRefreshMs, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.all([
      every(this.#intervalMs, refresh, watched('the index of dead letters stays as it is')),
      this.#watch(watched('dead letters are listed later: nobody tells of them')),
      every(replayEveryMs, (ending) => this.#replay(ending), watched('replays stay where they are')),
      // What was known before this replica led may be old, and would be told of as such.
      Promise.race([refreshed.promise, atMost]).then(() =>
        every(this.#monitorEveryMs, (ending) => this.#monitor.look(ending), watched('alerts stay as they are')),
      ),
      every(noticesEveryMs, (ending) => this.#notices.step(ending), watched('alerts are told later')),
    ]);
  }

  async #watch(watched: Parameters<typeof every>[2]): Promise<void> {
    const watcher = this.#watcher;
    if (watcher) await every(this.#intervalMs, (ending) => watcher.run(ending), watched);
  }

  #copyingWith(cipher: LetterCipher) {
    const { pool, messaging } = this.#messaging;
    const options = (what: string) => ({
      ...{ pool, messaging, cipher, deadLetters: this.#broker.deadLetters },
      onError: (err: unknown, id: string) =>
        this.#logger.warn({ err, id }, `${what} could not go on; it is tried again`),
    });
    return [
      new DiscardRunner(options('a discard')),
      new ExportRunner(options('an export')),
      new EditRunner(options('an edit')),
    ];
  }

  async #replay(signal: AbortSignal): Promise<void> {
    let isBusy = true;
    while (isBusy && !signal.aborted) {
      isBusy = await this.#replays.step(signal);
      for (const runner of this.#copying) isBusy = (await runner.step(signal)) || isBusy;
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
