import type { Clock } from '../clock.js';
import type { Consume, Delivery, Settlement, Subscription, SubscriptionHealth, TransportError } from '../transport.js';
import type { Outcome } from '../dispatch.js';
import type { Dependency } from './dependency.js';
import type { EndpointEvent, Pause } from './endpoint-events.js';
import { endpointOptions, type PauseOptions } from './endpoint-options.js';
import { type AbortScope, inScope } from '../abort-scope.js';
import { LinkedList } from '../linked-list.js';
import { Flow } from './flow.js';
import { Isolation } from './isolation.js';
import { type RunOutcome, Turns } from './turns.js';
import { LostLocks } from './lost-locks.js';
import { Outages } from './outages.js';
import { type PartitionBy, Partitions } from './partitions.js';
import type { BreakerOptions, BreakerState } from './type-breaker.js';

export interface EndpointOptions {
  readonly concurrency: number;
  /** Runs a delivery's handler once; must not reject. */
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
  readonly dependencies: readonly Dependency[];
  readonly partitionBy?: PartitionBy | undefined;
  readonly pause?: Partial<PauseOptions> | undefined;
  readonly breaker?: Partial<BreakerOptions> | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEvent: (event: EndpointEvent) => void;
  readonly onError: (error: TransportError) => void;
}

/** A subscription's health, and what the endpoint around it does. */
export interface EndpointHealth extends SubscriptionHealth {
  /** Absent while it is not paused. */
  readonly paused?: Pause;
  /** Deliveries kept in hand because something they need is away. */
  readonly held: number;
  /** Breakers that are not closed, by message type. */
  readonly breakers: Readonly<Record<string, BreakerState>>;
}

interface InHand {
  readonly delivery: Delivery;
  readonly scope: AbortScope;
}

/**
 * What stands between a queue and its handlers: decides when the queue pauses and resumes, which deliveries wait, and
 * which run alone. Handlers' failures become settlements in `dispatch.ts`; here only their moment is chosen.
 */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #flow: Flow;
  readonly #outages: Outages;
  readonly #turns: Turns;
  readonly #partitions: Partitions;
  readonly #isolation: Isolation;
  readonly #lostLocks: LostLocks;
  readonly #inHand = new LinkedList<InHand>();
  readonly #attached = Promise.withResolvers<void>();
  #subscription: Subscription | undefined;
  #manual: Pause | undefined;
  #isStopping = false;

  /** @throws RangeError for thresholds out of range */
  constructor(options: EndpointOptions) {
    const { concurrency, clock, random, onEvent } = options;
    const { pause, breaker } = endpointOptions(options.pause, options.breaker);
    this.#options = options;
    this.#flow = new Flow({
      concurrency,
      clock,
      resumeStepMs: pause.resumeStepMs,
      onError: (error) => options.onError(error as TransportError),
    });
    this.#partitions = new Partitions(options.partitionBy);
    this.#turns = new Turns({
      breaker,
      clock,
      random,
      maxWaiting: Math.floor(concurrency / 4),
      onState: (type, state) => onEvent({ kind: 'breaker', type, state }),
    });
    this.#outages = new Outages({
      dependencies: options.dependencies,
      pause,
      clock,
      random,
      onEvent,
      flow: this.#flow,
      inHand: () => this.#inHand.size - this.#turns.waiting,
    });
    this.#isolation = new Isolation({
      flow: this.#flow,
      clock,
      unsettled: () => this.#subscription?.inHand ?? 0,
      clear: () => this.#clear(),
      reopen: () => this.#reopen(),
      abortOthers: (delivery) => this.#abortOthers(delivery),
      onIsolated: ({ envelope: { id, type }, unsettled }) =>
        onEvent({ kind: 'isolated', messageId: id, type, unsettled }),
    });
    this.#lostLocks = new LostLocks({ clock, onBulk: (detail) => this.#outages.locksLost(detail) });
  }

  /** For the innermost place of a consumer's middleware. */
  readonly consume: Consume = async (received) => {
    const { scope, delivery } = inScope(received);
    const place = this.#partitions.enter(delivery);
    scope.onAbort(this.#lockLost);
    const hand = this.#inHand.add({ delivery, scope });
    try {
      if (!(await place.turn)) return { kind: 'release' };
      // Nearly all are in no doubt: an await more costs each of them a promise.
      const refused = this.#isInDoubt(delivery) ? await this.#refuse(delivery) : undefined;
      const settlement = refused ?? (await this.#handle(delivery));
      if (settlement.kind !== 'release') this.#flow.progressed();
      return settlement;
    } finally {
      scope.offAbort(this.#lockLost);
      scope.detach();
      this.#inHand.remove(hand);
      place.leave();
      this.#outages.ended(delivery);
      this.#isolation.ended(delivery);
    }
  };

  /** The subscription that delivers to {@link consume} exists from now on. */
  async attach(subscription: Subscription): Promise<void> {
    this.#subscription = subscription;
    await this.#flow.attach(subscription);
    this.#attached.resolve();
  }

  health(): EndpointHealth {
    const { state, ...rest } = this.#subscription?.health() ?? {
      state: 'connecting',
      inFlight: 0,
      detail: 'The consumer has not started.',
    };
    const paused = this.#manual ?? this.#outages.pause;
    const breakers = [...this.#turns.states()].filter(([, breaker]) => breaker !== 'closed');
    return {
      state,
      ...rest,
      ...(paused && { paused }),
      held: this.#outages.held,
      breakers: Object.fromEntries(breakers),
    };
  }

  /** Receives nothing new until {@link resume}; what runs goes on, what is held is handed back. */
  pause(reason: string): void {
    const isNew = this.#manual === undefined;
    const since = this.#manual?.since ?? new Date(this.#options.clock.now());
    this.#manual = { dependency: 'manual', detail: reason, since };
    if (!isNew) return;
    this.#outages.close();
    void this.#flow.limitTo('manual', 0);
    this.#options.onEvent({ kind: 'paused', pause: this.#manual });
  }

  /** Ends a pause that was ordered by {@link pause}; one because of an outage goes on. */
  resume(): void {
    const pause = this.#manual;
    if (!pause) return;
    this.#manual = undefined;
    this.#reopen();
    this.#flow.free('manual');
    const pausedMs = this.#options.clock.now() - pause.since.getTime();
    this.#options.onEvent({ kind: 'resumed', pause, pausedMs });
  }

  async stop(drainTimeoutMs?: number): Promise<void> {
    this.#isStopping = true;
    this.#flow.stop();
    this.#outages.stop();
    this.#turns.releaseAll();
    this.#partitions.releaseAll();
    await this.#subscription?.stop(drainTimeoutMs);
  }

  /** Whether {@link #refuse} may have something to say. */
  #isInDoubt({ unsettled }: Delivery): boolean {
    return this.#manual !== undefined || unsettled > 0 || this.#isolation.isUnderWay;
  }

  /** What becomes of a delivery that is not handled now; undefined for one that is. */
  async #refuse(delivery: Delivery): Promise<Settlement | undefined> {
    if (this.#manual || delivery.unsettled > 0) await this.#attached.promise;
    if (this.#manual) return { kind: 'release' };
    return this.#isolation.admit(delivery);
  }

  async #handle(delivery: Delivery): Promise<Settlement> {
    this.#outages.began(delivery);
    for (;;) {
      const pass = this.#turns.enterNow(delivery) ?? (await this.#turns.enter(delivery));
      if (pass.kind !== 'pass') return pass;
      const outcome = await this.#options.handle(delivery);
      pass.leave(runOutcome(outcome));
      const { settlement, failure } = outcome;
      if (settlement.kind === 'release') return settlement;
      if (failure?.kind === 'dependency-away') {
        const { dependency = 'unknown', retryAfterMs } = failure;
        const detail = outcome.detail ?? dependency;
        const verdict = await this.#outages.failed(delivery, { dependency, detail, retryAfterMs });
        if (verdict === 'again') continue;
        return verdict === 'own' ? settlement : { kind: 'release' };
      }
      if (settlement.kind === 'complete') this.#outages.succeeded(delivery);
      else if (failure?.kind === 'permanent') this.#outages.refused(delivery);
      return settlement;
    }
  }

  /** Besides the end of a stop's patience, a lost lock is the only reason why a transport aborts a delivery. */
  readonly #lockLost = (): void => {
    if (!this.#isStopping) this.#lostLocks.lost();
  };

  #clear(): void {
    this.#outages.close();
    this.#turns.releaseAll();
    this.#partitions.releaseAll();
  }

  #reopen(): void {
    if (this.#manual === undefined) this.#outages.open();
  }

  #abortOthers(alone: Delivery): void {
    for (const { delivery, scope } of [...this.#inHand]) {
      if (delivery === alone) continue;
      // Whoever aborts it from now on, it is no lost lock.
      scope.offAbort(this.#lockLost);
      scope.abort(new Error('Another message has to run alone; this one is delivered again.'));
    }
  }
}

/** A message refused for good was understood: its type is not in trouble. */
function runOutcome({ settlement, failure }: Outcome): RunOutcome {
  if (settlement.kind === 'complete') return 'succeeded';
  return failure?.kind === 'transient' ? 'failed' : 'nothing';
}
