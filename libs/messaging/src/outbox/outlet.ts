import type { Clock } from '../clock.js';
import { backoff } from '../retry/backoff.js';
import { type RetryPolicy, retryPolicy } from '../retry/retry-policy.js';
import { type Destination, type Outgoing, type SendOptions, type Transport, TransportError } from '../transport.js';
import type { BatchResult } from './batch-result.js';
import type { DestinationTrouble } from './relay-health.js';
import { RelayWorker } from './relay-worker.js';

/**
 * When a destination in trouble is asked again: after 0.3 and then every 0.45 to 0.6 seconds. That leaves 0.4 seconds to
 * send what waits within a second of the trouble's end, and costs the broker two messages a second meanwhile, however
 * many wait. It does not grow further: who waits longer notices the end later.
 */
const probePolicy: RetryPolicy = retryPolicy({ delayed: { baseMs: 300, factor: 2, capMs: 600, retries: 99 } });
/** How long a probe is waited for before the next one is sent, in ms. Its answer counts all the same when it comes. */
const PROBE_ANSWER_MS = 500;
/** How long the broker may take to answer unless it is said otherwise, in ms: a little less than a second. */
export const defaultAnswerWithinMs = 900;
/** For how many messages that holds; more of them have more time, in proportion. */
const ANSWERED_TOGETHER = 500;
/** The most that this grows to where the broker is slow, and answers. */
const MOST_ANSWER_MS = 60_000;

export interface OutletOptions {
  readonly destination: Destination;
  /** How many batches may be in flight where there is more than one of them to send. */
  readonly workers: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long the broker may take to answer 500 messages before the destination counts as in trouble, in milliseconds. */
  readonly answerWithinMs: number;
  readonly transport: Pick<Transport, 'send'>;
  /** Reads, sends with `send` and removes one batch of what no other has in flight. */
  readonly sendBatch: (send: Transport['send'], wanted: BatchWanted) => Promise<BatchResult>;
  /** How long to wait after the given number of failures of the database in a row, in milliseconds. */
  readonly pauseMs: (failures: number) => number;
  readonly onError: (error: unknown) => void;
  /** How long a batch may wait for more at most, in milliseconds; 0 when absent. */
  readonly lingerMaxMs?: number;
}

/** What a batch is to be. */
export interface BatchWanted {
  /** A single message, or as many as a batch may have. */
  readonly size: 'one' | 'full';
  /** More than a batch is known to wait. */
  readonly isBacklog: boolean;
  /** To be called once the batch is read, before it is sent, where there may be more that nobody has read. */
  readonly onMore: () => void;
}

interface Trouble {
  readonly since: number;
  error: TransportError;
  probes: number;
}

/**
 * Sends an outbox's messages to one destination. While that is in trouble nothing is sent but a probe now and then: one
 * message that has to be sent anyhow, once, whose success ends the trouble.
 */
export class Outlet {
  readonly #options: OutletOptions;
  readonly #workers: readonly RelayWorker[];
  /** Workers that could not read all there was. While there are any all are at it; otherwise the first one does it all. */
  readonly #behind = new Set<RelayWorker>();
  #trouble: Trouble | undefined;
  #answerMs: number;
  #probing: Promise<void> = Promise.resolve();
  #cancelProbe: () => void = () => undefined;
  #stopped = false;

  constructor(options: OutletOptions) {
    this.#options = options;
    this.#answerMs = options.answerWithinMs;
    this.#workers = Array.from({ length: options.workers }, () => this.#createWorker());
  }

  /** There may be something to send. Does nothing while the destination is in trouble. */
  wake(): void {
    if (this.#trouble !== undefined) return;
    const [first, ...others] = this.#workers;
    first?.wake();
    if (this.#behind.size > 0) for (const worker of others) worker.wake();
  }

  /** Failures in a row of the database. */
  get failures(): number {
    return Math.max(...this.#workers.map(({ failures }) => failures));
  }

  get trouble(): DestinationTrouble | undefined {
    if (this.#trouble === undefined) return undefined;
    const { since, error } = this.#trouble;
    const forMs = this.#options.clock.elapsed() - since;
    return { destination: nameOf(this.#options.destination), code: error.code, detail: error.message, forMs };
  }

  /** Nothing is under way, and nothing planned: it may be forgotten. */
  get isAsleep(): boolean {
    return this.#trouble === undefined && this.#workers.every(({ isAsleep }) => isAsleep);
  }

  /** Resolves when the batches in flight have ended. Further ones may follow. */
  async idle(): Promise<void> {
    await Promise.all([this.#probing, ...this.#workers.map((worker) => worker.idle())]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelProbe();
    await Promise.all([this.#probing, ...this.#workers.map((worker) => worker.stop())]);
  }

  #createWorker(): RelayWorker {
    const { clock, pauseMs, onError, lingerMaxMs = 0 } = this.#options;
    const worker: RelayWorker = new RelayWorker({
      clock,
      lingerMaxMs,
      sendBatch: () => this.#sendBatch(worker),
      pauseMs,
      onOutage: (outage) => this.#onOutage(outage),
      onError,
    });
    return worker;
  }

  /**
   * Further batches in flight keep the broker busy while the first one is removed; with little to send they would only look
   * and find nothing.
   */
  async #sendBatch(worker: RelayWorker): Promise<BatchResult> {
    const onMore = (): void => {
      if (this.#trouble !== undefined) return;
      this.#behind.add(worker);
      for (const other of this.#workers) if (other !== worker) other.look();
    };
    const result = await this.#options.sendBatch(this.#send, {
      size: 'full',
      isBacklog: this.#behind.size > 0,
      onMore,
    });
    if (!result.more) this.#behind.delete(worker);
    return result;
  }

  #onOutage(error: TransportError): void {
    if (this.#stopped) return;
    if (this.#trouble !== undefined) {
      this.#trouble.error = error;
      return;
    }
    this.#trouble = { since: this.#options.clock.elapsed(), error, probes: 0 };
    this.#planProbe(this.#trouble);
  }

  /** `waitedMs`: how much of the pause has passed, because there was no answer. */
  #planProbe(trouble: Trouble, waitedMs = 0): void {
    if (this.#stopped || this.#trouble !== trouble) return;
    const { clock, random } = this.#options;
    trouble.probes += 1;
    const pauseMs = Math.max(0, backoff(probePolicy, trouble.probes, random) - waitedMs);
    this.#cancelProbe = clock.schedule(clock.now() + pauseMs, () => {
      this.#probing = this.#probe(trouble);
    });
  }

  /** Must not reject. */
  async #probe(trouble: Trouble): Promise<void> {
    const begun = this.#options.clock.elapsed();
    try {
      // A worker may still have a batch in flight, whose rows come first.
      await Promise.all(this.#workers.map((worker) => worker.idle()));
      const { outage, sent, errors, more } = await this.#options.sendBatch(this.#send, {
        size: 'one',
        isBacklog: false,
        onMore: () => undefined,
      });
      errors.forEach(this.#options.onError);
      if (outage !== undefined) trouble.error = outage;
      // A message that failed by itself proves nothing: the next probe takes another one.
      else if (sent > 0 || (errors.length === 0 && !more)) this.#endTrouble(trouble);
    } catch (error) {
      this.#options.onError(error);
    }
    this.#planProbe(trouble, this.#options.clock.elapsed() - begun);
  }

  #endTrouble(trouble: Trouble | undefined): void {
    if (trouble === undefined || this.#trouble !== trouble) return;
    this.#trouble = undefined;
    this.#cancelProbe();
    this.wake();
  }

  /** Sends once. Rejects when the broker takes too long; its answer counts all the same when it comes. */
  readonly #send = (messages: readonly Outgoing[], how?: SendOptions): Promise<void> => {
    const { clock, transport } = this.#options;
    const share = Math.max(1, messages.length / ANSWERED_TOGETHER);
    const withinMs = this.#trouble === undefined ? share * this.#answerMs : PROBE_ANSWER_MS;
    const begun = clock.elapsed();
    const gaveUp = Promise.withResolvers<never>();
    let isLate = false;
    const cancel = clock.schedule(clock.now() + withinMs, () => {
      isLate = true;
      gaveUp.reject(this.#noAnswer(withinMs));
    });
    const answer = transport.send(messages, { ...how, retry: false }).finally(cancel);
    answer.then(
      () => this.#onAnswer((clock.elapsed() - begun) / share, isLate),
      (error: unknown) => {
        if (isLate && error instanceof TransportError && this.#trouble !== undefined) this.#trouble.error = error;
      },
    );
    return Promise.race([answer, gaveUp.promise]);
  };

  /** A slow broker is no broker in trouble: what is sent next has twice the time that this took. */
  #onAnswer(tookMs: number, isLate: boolean): void {
    const { answerWithinMs } = this.#options;
    const grown = Math.min(MOST_ANSWER_MS, Math.max(2 * tookMs, 0.9 * this.#answerMs));
    this.#answerMs = Math.max(answerWithinMs, grown);
    if (isLate) this.#endTrouble(this.#trouble);
  }

  #noAnswer(forMs: number): TransportError {
    const text = `${nameOf(this.#options.destination)} has not answered for ${Math.round(forMs)} ms.`;
    return new TransportError('Timeout', text, true);
  }
}

/** A destination for people. */
export function nameOf(destination: Destination): string {
  return 'queue' in destination ? `queue ${destination.queue}` : `topic ${destination.topic}`;
}
