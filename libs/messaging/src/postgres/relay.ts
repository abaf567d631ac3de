import { randomUUID } from 'node:crypto';
import { explain } from '../errors.js';
import { type BatchResult, emptyBatch } from '../outbox/batch-result.js';
import { BUCKETS } from '../outbox/bucket.js';
import { holdPolicy } from '../outbox/hold-policy.js';
import { type BatchWanted, Outlet } from '../outbox/outlet.js';
import { Outlets } from '../outbox/outlets.js';
import type { Relay, RelayHealth } from '../outbox/relay-health.js';
import { RelayWorker } from '../outbox/relay-worker.js';
import { backoff } from '../retry/backoff.js';
import { type Destination, type Transport, TransportError } from '../transport.js';
import { BucketClaims } from './bucket-claims.js';
import { BucketLeases, type Lease } from './bucket-leases.js';
import { mendHolds } from './mend-holds.js';
import { waitingDestinations } from './outbox-read.js';
import { type RelaySetup, resolveRelayOptions } from './relay-options.js';
import { sendBatch } from './send-batch.js';
import { Turns } from './turns.js';
import { WakeChannel } from './wake-channel.js';

/**
 * Relay workers a destination, each with one batch in flight. With much to send a batch is read, sent or removed, and waits
 * for the database or the broker two thirds of its time: four keep both of them busy.
 */
const WORKERS = 4;

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
  readonly #outlets: Outlets;
  /** Finds out for which destinations something waits. */
  readonly #scout: RelayWorker;
  readonly #turns = new Turns();
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
    this.#options = resolveRelayOptions(options);
    const { pool, leaseMs, clock, wakes } = this.#options;
    this.#leases = new BucketLeases(pool, randomUUID(), leaseMs);
    this.#outlets = new Outlets((destination) => this.#createOutlet(destination));
    this.#scout = this.#createScout();
    this.#channel = new WakeChannel({
      pool,
      clock,
      onWake: () => this.#scout.wake(),
      onError: (error) => this.#report(error),
    });
    this.#unsubscribe = wakes.onWake((destinations) => this.#onCommit(destinations));
    this.#renewRegularly();
    this.#sweepRegularly();
  }

  wake(): void {
    this.#onCommit(undefined);
  }

  /** Where it is known what waits, nobody has to look. */
  #onCommit(destinations: readonly Destination[] | undefined): void {
    if (destinations === undefined) this.#scout.wake();
    else this.#outlets.begin(destinations);
    if (this.#leased.length < BUCKETS) this.#channel.notify();
  }

  health(): RelayHealth {
    if (this.#stopped !== undefined) return { state: 'stopped', buckets: 0, detail: 'The relay was stopped.' };
    const buckets = this.#usable().length;
    const health = this.#outlets.health(buckets);
    if (health.state !== 'running') return health;
    const fails = this.#renewalFailed || this.#scout.failures > 0 || this.#outlets.fails;
    return fails ? { state: 'degraded', buckets, detail: explain(this.#lastError) } : health;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#unsubscribe();
    this.#cancelRenewal();
    this.#cancelSweep();
    await Promise.all([this.#renewing, this.#channel.stop(), this.#scout.stop()]);
    await this.#outlets.stop();
    // The leases run out by themselves when the database is away.
    await this.#leases.leave().catch((error: unknown) => this.#report(error));
  }

  #createScout(): RelayWorker {
    const { clock, pool } = this.#options;
    return new RelayWorker({
      clock,
      sendBatch: async () => {
        this.#outlets.wake(
          await waitingDestinations(
            pool,
            this.#usable().map(({ bucket }) => bucket),
          ),
        );
        return emptyBatch;
      },
      pauseMs: this.#pauseMs,
      onOutage: (outage) => this.#report(outage),
      onError: (error) => this.#report(error),
    });
  }

  #createOutlet(destination: Destination): Outlet {
    const { clock, random, transport, answerWithinMs, lingerMaxMs } = this.#options;
    const claims = new BucketClaims();
    return new Outlet({
      destination,
      workers: WORKERS,
      clock,
      random,
      answerWithinMs,
      lingerMaxMs,
      transport,
      sendBatch: (send, wanted) => this.#sendBatch(destination, claims, send, wanted),
      pauseMs: this.#pauseMs,
      onError: (error) => this.#report(error),
    });
  }

  readonly #pauseMs = (failures: number): number => backoff(holdPolicy, failures, this.#options.random);

  #sendBatch(
    destination: Destination,
    claims: BucketClaims,
    send: Transport['send'],
    { size, isBacklog, onMore }: BatchWanted,
  ): Promise<BatchResult> {
    const { pool, batch, random, transport } = this.#options;
    const until = this.#leasedUntil;
    const leases = this.#usable();
    // Another bucket comes first each time, so that a full one does not starve those behind it.
    const first = leases.length === 0 ? 0 : this.#turn++ % leases.length;
    return sendBatch({
      pool,
      reading: this.#channel.reading,
      destination,
      leases: [...leases.slice(first), ...leases.slice(0, first)],
      claims,
      limit: size === 'one' ? 1 : batch,
      isBacklog,
      onMore,
      transport,
      onLateError: (error) => this.#report(error),
      send: (messages, how) => (this.#isBefore(until) ? send(messages, how) : Promise.reject(leasesEnded())),
      policy: holdPolicy,
      random,
      turns: this.#turns,
    });
  }

  #usable(): readonly Lease[] {
    return this.#isBefore(this.#leasedUntil) ? this.#leased : [];
  }

  #isBefore({ now, elapsed }: LeaseEnd): boolean {
    const { clock } = this.#options;
    return clock.now() < now && clock.elapsed() < elapsed;
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
      const before = new Map(this.#leased.map(({ bucket, token }) => [bucket, token]));
      await mendHolds(
        this.#options.pool,
        kept.filter(({ bucket, token }) => before.get(bucket) !== token),
      );
      this.#leased = kept;
      this.#leasedUntil = end;
      this.#renewalFailed = false;
      if (surplus.length > 0) {
        // Batches that were read before may contain rows of these buckets: let them end first.
        await this.#outlets.idle();
        await this.#leases.release(surplus);
      }
      this.#scout.wake();
    } catch (error) {
      this.#renewalFailed = true;
      this.#report(error);
    }
  }

  #sweepRegularly(): void {
    const { clock, sweepMs, random } = this.#options;
    this.#cancelSweep = clock.schedule(clock.now() + sweepMs * (0.75 + random() / 2), () => {
      this.#scout.wake();
      this.#sweepRegularly();
    });
  }

  #report(error: unknown): void {
    this.#lastError = error;
    this.#options.onError(error);
  }
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
