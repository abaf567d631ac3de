import type { Clock } from '../clock.js';
import { explain } from '../errors.js';
import type { Delivery } from '../transport.js';
import { ask, type Dependency } from './dependency.js';
import type { EndpointEvent, Pause } from './endpoint-events.js';
import type { PauseOptions } from './endpoint-options.js';
import type { Flow } from './flow.js';
import { Held, type Verdict } from './held.js';
import { probeInterval } from './probe-interval.js';
import { SuspectedOutage } from './suspected-outage.js';

/** The name of a pause after locks were lost in bulk. */
export const LOCKS = 'locks';

interface OutagesOptions {
  readonly dependencies: readonly Dependency[];
  readonly pause: PauseOptions;
  readonly flow: Flow;
  readonly clock: Clock;
  readonly random: () => number;
  /** How many deliveries are being worked on, those included that are held. */
  readonly inHand: () => number;
  readonly onEvent: (event: EndpointEvent) => void;
}

/** A delivery that failed because something it needs is away. */
export interface AwayFailure {
  readonly dependency: string;
  readonly detail: string;
  /** How long the dependency asked to be left alone, in ms. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Tells an outage from a message that fails by itself, pauses the endpoint for as long as the outage lasts, and finds
 * out when it is over: by the dependency's own probe and then by a delivery that was kept in hand.
 */
export class Outages {
  readonly #options: OutagesOptions;
  readonly #held = new Held();
  readonly #suspected = new Map<string, SuspectedOutage>();
  /** Which message types need a dependency, as far as they have failed because of it. */
  readonly #users = new Map<string, Set<string>>();
  /** Messages that failed while another of the same dependency succeeded: the next time it is their own fault. */
  readonly #suspects = new Set<string>();
  /** Deliveries that are tried while the endpoint is paused. */
  readonly #probing = new Set<Delivery>();
  #pause: Pause | undefined;
  #tries = 0;
  #cancelProbe: () => void = () => {};
  /** While true nothing is kept in hand: the endpoint stops, or somebody else wants it empty. */
  #isClosed = false;
  #isStopped = false;

  constructor(options: OutagesOptions) {
    this.#options = options;
  }

  get pause(): Pause | undefined {
    return this.#pause;
  }

  get held(): number {
    return this.#held.size;
  }

  /** A delivery is about to be handled; while paused it is one that was asked for. */
  began(delivery: Delivery): void {
    if (!this.#pause) return;
    this.#probing.add(delivery);
    void this.#options.flow.limitTo('outage', 0);
  }

  /** What becomes of a delivery that failed because of a dependency; may take as long as the outage. */
  failed(delivery: Delivery, failure: AwayFailure): Promise<Verdict> {
    if (this.#isClosed || delivery.signal.aborted) return Promise.resolve('release');
    this.#usersOf(failure.dependency).add(delivery.envelope.type);
    if (this.#pause) return this.#failedWhilePaused(delivery, failure);
    if (!this.#isAway(delivery, failure.dependency)) return this.#hold(delivery, failure);
    this.#held.releaseAll();
    this.#begin(failure);
    return this.#held.keep(delivery, failure.dependency);
  }

  /** A delivery was handled: what its type needs has answered. */
  succeeded(delivery: Delivery): void {
    const { type } = delivery.envelope;
    for (const [dependency, users] of this.#users) {
      if (!users.has(type)) continue;
      this.#suspected.get(dependency)?.succeeded();
      if (this.#pause) continue;
      for (const other of this.#held.all(dependency)) this.#held.decide(other, 'own');
    }
    const paused = this.#pause?.dependency;
    if (paused === undefined) return;
    const isProof = paused === LOCKS ? this.#probing.has(delivery) : this.#users.get(paused)?.has(type);
    if (isProof) this.#resume();
  }

  /** A delivery failed for good and for reasons of its own: nothing kept it from being judged. */
  refused(delivery: Delivery): void {
    if (this.#pause && this.#probing.has(delivery)) this.#resume();
  }

  /** A delivery leaves, however it was settled. */
  ended(delivery: Delivery): void {
    this.#probing.delete(delivery);
    this.#suspects.delete(delivery.envelope.id);
  }

  /** Many locks were lost at once: this process, or the way to the broker, cannot keep up. */
  locksLost(detail: string): void {
    if (!this.#pause && !this.#isClosed) this.#begin({ dependency: LOCKS, detail });
  }

  /** Hands back everything kept and keeps nothing more, until {@link open}. */
  close(): void {
    this.#isClosed = true;
    this.#held.releaseAll();
  }

  open(): void {
    this.#isClosed = false;
  }

  stop(): void {
    this.#isStopped = true;
    this.close();
    this.#cancelProbe();
  }

  #isAway({ envelope: { id } }: Delivery, dependency: string): boolean {
    const { flow, inHand, pause } = this.#options;
    const suspected = this.#suspected.get(dependency) ?? new SuspectedOutage(pause.messages);
    this.#suspected.set(dependency, suspected);
    const isAway = suspected.failed(id, inHand());
    return isAway || (flow.isRamping && !this.#suspects.has(id));
  }

  /** Until there is a verdict: tried again from time to time, and judged by what happens to others meanwhile. */
  #hold(delivery: Delivery, { dependency, retryAfterMs }: AwayFailure): Promise<Verdict> {
    const verdict = this.#held.keep(delivery, dependency);
    this.#tryAgainIn(delivery, this.#interval(0, retryAfterMs));
    return verdict;
  }

  #tryAgainIn(delivery: Delivery, ms: number): void {
    const { clock } = this.#options;
    this.#held.setTimer(
      delivery,
      clock.schedule(clock.now() + ms, () => this.#held.decide(delivery, 'again')),
    );
  }

  #failedWhilePaused(delivery: Delivery, failure: AwayFailure): Promise<Verdict> {
    const wasProbe = this.#probing.delete(delivery);
    // What was in flight when the pause began goes back, unless it is the only one left to probe with.
    if (!wasProbe && this.#held.size > 0) return Promise.resolve('release');
    if (wasProbe) this.#probeFailed(failure);
    return this.#held.keep(delivery, failure.dependency);
  }

  #begin({ dependency, detail, retryAfterMs }: AwayFailure): void {
    const { clock, flow, onEvent } = this.#options;
    this.#pause = { dependency, detail, since: new Date(clock.now()) };
    this.#tries = 0;
    this.#probing.clear();
    void flow.limitTo('outage', 0);
    onEvent({ kind: 'paused', pause: this.#pause });
    this.#planProbe(retryAfterMs);
  }

  #probeFailed({ dependency, detail, retryAfterMs }: AwayFailure): void {
    if (!this.#pause) return;
    this.#pause = { ...this.#pause, dependency, detail };
    this.#tries += 1;
    const nextMs = this.#planProbe(retryAfterMs);
    this.#options.onEvent({ kind: 'probe-failed', pause: this.#pause, tries: this.#tries, nextMs });
  }

  #planProbe(retryAfterMs?: number): number {
    const { clock } = this.#options;
    const nextMs = this.#interval(this.#tries, retryAfterMs);
    this.#cancelProbe();
    if (this.#isStopped) return nextMs;
    this.#cancelProbe = clock.schedule(clock.now() + nextMs, () => void this.#probe());
    return nextMs;
  }

  #interval(tries: number, retryAfterMs?: number): number {
    return probeInterval(this.#options.pause, tries, this.#options.random, retryAfterMs);
  }

  async #probe(): Promise<void> {
    const pause = this.#pause;
    if (!pause) return;
    try {
      await ask(this.#dependency(pause.dependency));
    } catch (error) {
      if (this.#pause && !this.#isStopped) this.#probeFailed({ dependency: pause.dependency, detail: explain(error) });
      return;
    }
    if (this.#pause && !this.#isStopped) this.#tryDelivery();
  }

  /** Tries one that is kept. Now and then another is asked for: the one that is kept may be the only one that fails. */
  #tryDelivery(): void {
    const { flow, inHand, pause } = this.#options;
    this.#planProbe();
    if (this.#probing.size > 0 || this.#isClosed) return;
    const [next] = this.#held.all();
    const needsAnother = this.#held.size < pause.messages && this.#tries >= 2 && this.#tries % 2 === 0;
    if (next === undefined || needsAnother) void flow.limitTo('outage', inHand() + 1);
    if (next === undefined) return;
    this.#probing.add(next);
    this.#held.decide(next, 'again');
  }

  #resume(): void {
    const { clock, flow, onEvent, pause: options } = this.#options;
    const pause = this.#pause;
    if (!pause) return;
    this.#pause = undefined;
    this.#cancelProbe();
    this.#probing.clear();
    flow.free('outage');
    onEvent({ kind: 'resumed', pause, pausedMs: clock.now() - pause.since.getTime() });
    // The others that were kept follow one by one, before the concurrency grows.
    const kept = this.#held.all();
    kept.forEach((delivery, index) => {
      if (this.#suspects.has(delivery.envelope.id)) return this.#held.decide(delivery, 'own');
      this.#suspects.add(delivery.envelope.id);
      this.#held.promiseTry(delivery);
      this.#tryAgainIn(delivery, ((index + 1) * options.resumeStepMs) / (kept.length + 1));
    });
  }

  #usersOf(dependency: string): Set<string> {
    const users = this.#users.get(dependency) ?? new Set();
    this.#users.set(dependency, users);
    return users;
  }

  #dependency(name: string): Dependency {
    return this.#options.dependencies.find((dependency) => dependency.name === name) ?? { name };
  }
}
