import type { DeliveryObserver } from '@orderflow/messaging';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { singleFlight } from '../single-flight.js';
import { httpDuration, type HttpDuration } from './http-duration.js';

/** What still waits in an outbox. */
export interface Backlog {
  readonly rows: number;
  readonly oldestAgeMs: number;
}

/** The metrics of one service, in a registry of its own. */
export interface Metrics {
  readonly registry: Registry;
  /** Counts deliveries; for `observeDeliveries` of the messaging library. */
  readonly deliveries: DeliveryObserver;
  /** Measures HTTP requests; {@link runService} applies it. */
  readonly http: HttpDuration;
  /** Asks for the outbox's backlog whenever metrics are read. A failed question makes the reading fail, and says so. */
  watchOutbox(backlog: () => Promise<Backlog>): void;
  /** Asks for the state of a queue's endpoint whenever metrics are read. */
  watchEndpoint(queue: string, dependencies: readonly string[], state: () => EndpointState): void;
}

/** What an endpoint does now. */
export interface EndpointState {
  readonly paused?: { readonly dependency: string };
  readonly held: number;
  readonly breakers: Readonly<Record<string, string>>;
}

/**
 * @param service label `service` of every metric, for example `order-worker`
 * @param now milliseconds since 1970, against which the age of messages is measured
 */
export function createMetrics(service: string, now: () => number = Date.now): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    deliveries: countDeliveries(registry, now),
    http: httpDuration(registry),
    watchOutbox: (backlog) => watchOutbox(registry, backlog),
    watchEndpoint: (queue, dependencies, state) => watchEndpoint(registry, queue, dependencies, state),
  };
}

const registersOf = (registry: Registry) => ({ registers: [registry] });

function countDeliveries(registry: Registry, now: () => number): DeliveryObserver {
  const options = registersOf(registry);
  const outcomes = new Counter({
    name: 'orderflow_deliveries_total',
    help: 'Deliveries by what became of them',
    labelNames: ['queue', 'type', 'outcome'],
    ...options,
  });
  const attempts = new Histogram({
    name: 'orderflow_delivery_attempt',
    help: 'The attempt a message was in when it left the queue, handled or dead-lettered',
    labelNames: ['queue'],
    buckets: [1, 2, 3, 5, 8, 13],
    ...options,
  });
  const ages = new Histogram({
    name: 'orderflow_message_age_seconds',
    help: 'Time from what a message tells of to its leaving the queue, handled or dead-lettered, all retries included',
    labelNames: ['queue'],
    buckets: [0.1, 0.5, 1, 5, 30, 60, 300, 900, 3_600],
    ...options,
  });
  const durations = new Histogram({
    name: 'orderflow_delivery_duration_seconds',
    help: 'Time from the receipt of a delivery to its settlement',
    labelNames: ['queue', 'outcome'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    ...options,
  });
  const inFlight = new Gauge({
    name: 'orderflow_deliveries_in_flight',
    help: 'Deliveries being handled now',
    labelNames: ['queue'],
    ...options,
  });
  return {
    started: ({ queue }) => inFlight.inc({ queue }),
    finished({ delivery: { queue, envelope, attempt }, settlement: { kind: outcome, ...why }, durationMs }) {
      inFlight.dec({ queue });
      outcomes.inc({ queue, type: knownType(envelope.type, 'reason' in why ? why.reason : undefined), outcome });
      durations.observe({ queue, outcome }, durationMs / 1_000);
      if (outcome !== 'complete' && outcome !== 'dead-letter') return;
      attempts.observe({ queue }, attempt);
      const ageMs = now() - Date.parse(envelope.time);
      // A message that nobody could read may have no time; a sender's clock may be ahead of this one.
      if (!Number.isNaN(ageMs)) ages.observe({ queue }, Math.max(0, ageMs) / 1_000);
    },
  };
}

/** A type that nobody knows is somebody else's text, and would make a time series of its own each time. */
function knownType(type: string, reason: string | undefined): string {
  return reason === 'UnknownType' ? 'unknown' : type;
}

function watchOutbox(registry: Registry, backlog: () => Promise<Backlog>): void {
  const read = singleFlight(backlog);
  const gauge = (name: string, help: string, value: (backlog: Backlog) => number) =>
    new Gauge({
      name,
      help,
      ...registersOf(registry),
      async collect() {
        this.set(value(await read()));
      },
    });
  gauge('orderflow_outbox_rows', 'Messages that still must be sent', ({ rows }) => rows);
  gauge('orderflow_outbox_oldest_age_seconds', 'Age of the oldest of them', ({ oldestAgeMs }) => oldestAgeMs / 1_000);
}

/** A dependency that has a series has it from the start, at 0: what appears with an outage cannot be seen to rise. */
function watchEndpoint(
  registry: Registry,
  queue: string,
  dependencies: readonly string[],
  state: () => EndpointState,
): void {
  const options = registersOf(registry);
  const known = new Set([...dependencies, 'manual']);
  new Gauge({
    name: 'orderflow_endpoint_paused',
    help: '1 while a queue is paused because of this dependency, or by hand (manual)',
    labelNames: ['queue', 'dependency'],
    ...options,
    collect() {
      const away = state().paused?.dependency;
      if (away !== undefined) known.add(away);
      for (const dependency of known) this.set({ queue, dependency }, dependency === away ? 1 : 0);
    },
  });
  const seen = new Set<string>();
  new Gauge({
    name: 'orderflow_breaker_state',
    help: 'The breaker of a message type: 0 closed, 1 half open, 2 open',
    labelNames: ['queue', 'type'],
    ...options,
    collect() {
      const { breakers } = state();
      for (const type of Object.keys(breakers)) seen.add(type);
      for (const type of seen) this.set({ queue, type }, breakerValue(breakers[type]));
    },
  });
  new Gauge({
    name: 'orderflow_deliveries_held',
    help: 'Deliveries kept in hand because something they need is away',
    labelNames: ['queue'],
    ...options,
    collect() {
      this.set({ queue }, state().held);
    },
  });
}

function breakerValue(state: string | undefined): number {
  if (state === 'open') return 2;
  return state === 'half-open' ? 1 : 0;
}
