import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Clock } from '../clock.js';
import { explain } from '../errors.js';
import { BUCKETS } from '../outbox/bucket.js';
import { rangeProblems, withDefaults } from '../resolve-options.js';
import { backoff } from '../retry/backoff.js';
import { systemClock } from '../system-clock.js';
import { type Transport, TransportError } from '../transport.js';
import { BucketLeases, type Lease } from './bucket-leases.js';
import { sendBatch, type BatchResult, holdPolicy } from './send-batch.js';
import { RelayWorker } from './relay-worker.js';
import { WakeChannel } from './wake-channel.js';
import type { Wakes } from './wakes.js';

export interface RelayOptions {
  readonly transport: Pick<Transport, 'send'>;
  /** Called with everything that went wrong; the relay goes on by itself. The messaging's `onError` when absent. */
  readonly onError?: (error: unknown) => void;
  /** Messages a batch; 500 when absent. */
  readonly batch?: number;
  /** How long a bucket stays with a relay that died, in milliseconds; 15,000 when absent. Renewed at a third of it. */
  readonly leaseMs?: number;
  /** How often to look for what no wake announced, in milliseconds, jittered by a quarter; 3,000 when absent. */
  readonly sweepMs?: number;
  readonly clock?: Clock;
  /** Answers a number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
}

/** A relay's options with what its messaging gives it. */
interface RelaySetup extends RelayOptions {
  /** The outbox's pool: the relay uses up to three of its connections, and one of its own to listen. */
  readonly pool: Pool;
  /** Wake the relay in this process after each commit. */
  readonly wakes: Wakes;
  readonly onError: (error: unknown) => void;
}

/** Moves the outbox to the broker for as long as it runs. */
export interface Relay {
  /** There may be something to send; the messaging's `wake()` calls it. */
  wake(): void;
  health(): RelayHealth;
  /** Finishes the batches in flight and gives its buckets to the others. Safe to call twice. */
  stop(): Promise<void>;
}

export interface RelayHealth {
  /** `degraded`: broker or database cannot be reached; messages wait in the outbox and nothing is lost. */
  readonly state: 'running' | 'degraded' | 'stopped';
  /** Buckets it works on now, of 16 that all relays of the outbox share. */
  readonly buckets: number;
  /** The last error, for people; absent while running. */
  readonly detail?: string;
}

/** Relay workers, each with one batch in flight: two keep the broker busy while the other one reads and removes. */
const WORKERS = 2;

/**
 * When leases end unless they are renewed, by both of our clocks: one can be set back, the other stands still while the
 * machine sleeps. Taken before asking for the leases, so never later than the truth.
 */
interface LeaseEnd {
  readonly now: number;
  readonly elapsed: number;
}

class PostgresRelay implements Relay {
  readonly #options: Required<RelaySetup>;
  readonly #leases: BucketLeases;
  readonly #workers: readonly RelayWorker[];
  readonly #channel: WakeChannel;
  readonly #unsubscribe: () => void;
  #leased: readonly Lease[] = [];
  #leasedUntil: LeaseEnd = { now: 0, elapsed: 0 };
  #turn = 0;
  #renewalFailed = false;
  #lastError: unknown;
  #renewing: Promise<void> = Promise.resolve();
  #cancelRenewal: () => void = () => undefined;
  #cancelSweep: () => void = () => undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: RelaySetup) {
    this.#options = resolveOptions(options);
    const { pool, leaseMs, clock, wakes } = this.#options;
    this.#leases = new BucketLeases(pool, randomUUID(), leaseMs);
    this.#workers = Array.from({ length: WORKERS }, (_, index) => this.#createWorker(index));
    this.#channel = new WakeChannel({
      pool,
      clock,
      onWake: () => this.#wakeWorkers(),
      onError: (error) => this.#report(error),
    });
    this.#unsubscribe = wakes.onWake(() => this.wake());
    this.#renewRegularly();
    this.#sweepRegularly();
  }

  wake(): void {
    this.#wakeWorkers();
    if (this.#leased.length < BUCKETS) this.#channel.notify();
  }

  health(): RelayHealth {
    if (this.#stopped !== undefined) return { state: 'stopped', buckets: 0, detail: 'The relay was stopped.' };
    const degraded = this.#renewalFailed || this.#workers.some(({ failures }) => failures > 0);
    const buckets = this.#usable().length;
    return degraded ? { state: 'degraded', buckets, detail: explain(this.#lastError) } : { state: 'running', buckets };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#unsubscribe();
    this.#cancelRenewal();
    this.#cancelSweep();
    await Promise.all([this.#renewing, this.#channel.stop(), ...this.#workers.map((worker) => worker.stop())]);
    // The leases run out by themselves when the database is away.
    await this.#leases.leave().catch((error: unknown) => this.#report(error));
  }

  #createWorker(index: number): RelayWorker {
    const { clock, batch, random } = this.#options;
    return new RelayWorker({
      clock,
      limit: batch,
      sendBatch: () => this.#sendBatch(index),
      pauseMs: (failures) => backoff(holdPolicy, failures, random),
      onError: (error) => this.#report(error),
    });
  }

  #sendBatch(worker: number): Promise<BatchResult> {
    const { pool, transport, batch, random } = this.#options;
    const until = this.#leasedUntil;
    const leases = this.#usable().filter(({ bucket }) => bucket % WORKERS === worker);
    // Another bucket comes first each time, so that a full one does not starve those behind it.
    const first = leases.length === 0 ? 0 : this.#turn++ % leases.length;
    return sendBatch({
      pool,
      leases: [...leases.slice(first), ...leases.slice(0, first)],
      limit: batch,
      send: (messages) => (this.#isBefore(until) ? transport.send(messages) : Promise.reject(leasesEnded())),
      policy: holdPolicy,
      random,
    });
  }

  #usable(): readonly Lease[] {
    return this.#isBefore(this.#leasedUntil) ? this.#leased : [];
  }

  #isBefore({ now, elapsed }: LeaseEnd): boolean {
    const { clock } = this.#options;
    return clock.now() < now && clock.elapsed() < elapsed;
  }

  #wakeWorkers(): void {
    for (const worker of this.#workers) worker.wake();
  }

  #renewRegularly(): void {
    const { clock, leaseMs } = this.#options;
    this.#renewing = this.#renew().then(() => {
      if (this.#stopped !== undefined) return;
      this.#cancelRenewal = clock.schedule(clock.now() + leaseMs / 3, () => this.#renewRegularly());
    });
  }

  /** Must not reject. */
  async #renew(): Promise<void> {
    const { clock, leaseMs } = this.#options;
    const end: LeaseEnd = { now: clock.now() + leaseMs, elapsed: clock.elapsed() + leaseMs };
    try {
      const { kept, surplus } = await this.#leases.renew();
      this.#leased = kept;
      this.#leasedUntil = end;
      this.#renewalFailed = false;
      if (surplus.length > 0) {
        // Batches that were read before may contain rows of these buckets: let them end first.
        await Promise.all(this.#workers.map((worker) => worker.idle()));
        await this.#leases.release(surplus);
      }
      this.#wakeWorkers();
    } catch (error) {
      this.#renewalFailed = true;
      this.#report(error);
    }
  }

  #sweepRegularly(): void {
    const { clock, sweepMs, random } = this.#options;
    this.#cancelSweep = clock.schedule(clock.now() + sweepMs * (0.75 + random() / 2), () => {
      this.#wakeWorkers();
      this.#sweepRegularly();
    });
  }

  #report(error: unknown): void {
    this.#lastError = error;
    this.#options.onError(error);
  }
}

/**
 * Fills in the defaults and checks the ranges.
 * @throws RangeError that lists every value out of range
 */
function resolveOptions(options: RelaySetup): Required<RelaySetup> {
  const defaults = { batch: 500, leaseMs: 15_000, sweepMs: 3_000, clock: systemClock, random: Math.random };
  const resolved = withDefaults(options, defaults);
  const problems = rangeProblems(resolved, {
    batch: { min: 1, whole: true },
    leaseMs: { min: 1 },
    sweepMs: { min: 1 },
  });
  if (problems.length > 0) throw new RangeError(`Invalid options of a relay: ${problems.join('; ')}.`);
  return resolved;
}

/** No message is to blame: a batch was read in time, and came to its turn when its buckets may be another relay's. */
function leasesEnded(): TransportError {
  return new TransportError('Closed', 'The leases ended before the batch was sent: it is read again.', true);
}

/**
 * Starts moving the outbox to the broker. Broker and database may both be away: it begins as soon as they are there.
 * @throws RangeError that lists every option out of range
 */
export function startRelay(options: RelaySetup): Relay {
  return new PostgresRelay(options);
}
