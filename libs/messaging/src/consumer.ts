import type { Contract } from './contract.js';
import { createRun, type DispatchOptions } from './dispatch.js';
import type { Dependency } from './endpoint/dependency.js';
import { Endpoint } from './endpoint/endpoint.js';
import type { EndpointEvent } from './endpoint/endpoint-events.js';
import type { EndpointHealth } from './endpoint/endpoint.js';
import type { PartitionBy } from './endpoint/partitions.js';
import type { PauseOptions } from './endpoint/endpoint-options.js';
import type { BreakerOptions } from './endpoint/type-breaker.js';
import { arrangeHandlings, type Handling } from './handling.js';
import { createMessageReader, type MessageReader } from './message-reader.js';
import { Problems } from './problems.js';
import type { Pause } from './retry/immediate-attempts.js';
import { resolveSubscribeOptions } from './transports/subscribe-options.js';
import { planHandlings } from './handling-plan.js';
import { idsFromBody } from './middleware/ids-from-body.js';
import type { FailureRule } from './retry/classify.js';
import type { DeclaredQueue } from './retry/declared-queue.js';
import { requireCapabilities } from './require-capabilities.js';
import type { RetryPolicy } from './retry/retry-policy.js';
import { systemClock } from './system-clock.js';
import { sessionLimit } from './transports/sessions/session-options.js';
import {
  type Consume,
  type Middleware,
  type SubscribeOptions,
  type Subscription,
  type Transport,
  TransportError,
} from './transport.js';

export interface ConsumerOptions extends SubscribeOptions {
  readonly transport: Transport;
  readonly queue: string;
  /** What `handle()` made, one for each message type; a message of any other type is dead-lettered. */
  readonly handlers: readonly Handling[];
  /** Contracts that may arrive besides those handled: older versions, which upcast to them. None by default. */
  readonly contracts?: readonly Contract[];
  /** Steps around the handling of each delivery; the first is the outermost. */
  readonly middleware?: readonly Middleware[];
  /** What differs from the default retry policy; nothing by default. */
  readonly policy?: Partial<RetryPolicy>;
  /** What differs from it for single message types; a handler's own `retry` wins over both. */
  readonly policyByType?: Readonly<Record<string, Partial<RetryPolicy>>>;
  /** What errors are, where their class does not say it; a handler's own rules come first. None by default. */
  readonly failures?: readonly FailureRule[];
  /** What the handlers need and may be away; those without a probe need not be named. None by default. */
  readonly dependencies?: readonly Dependency[];
  /**
   * Handles messages with the same key one after the other, in the order of their arrival, in this process: no promise over
   * replicas and delayed redeliveries, which sessions give. Absent, and where it answers undefined, nothing waits.
   */
  readonly partitionBy?: PartitionBy;
  /** What is known of the queue, for the check of the policies at start; nothing by default. */
  readonly declared?: DeclaredQueue;
  /** What differs from the default thresholds of pauses. */
  readonly pause?: Partial<PauseOptions>;
  /** What differs from the default breaker of each message type. */
  readonly breaker?: Partial<BreakerOptions>;
  /** Called when the endpoint pauses, resumes, or lets messages run alone; nobody is told by default. */
  readonly onEvent?: (event: EndpointEvent) => void;
  /** Begins paused for this reason, until {@link Consumer.resume}; begins at once when absent. */
  readonly pausedBecause?: string;
  readonly random?: DispatchOptions['random'];
  /** Measures time limits, pauses and breakers; the system's by default. */
  readonly clock?: DispatchOptions['clock'];
  /** Waits between the immediate tries of a handler; real time by default. */
  readonly wait?: Pause;
}

/** A queue that is being consumed. */
export interface Consumer extends Omit<Subscription, 'health' | 'inHand' | 'setConcurrency'> {
  health(): EndpointHealth;
  /** Receives nothing new until {@link resume}: what runs goes on. Said again, only the reason changes. */
  pause(reason: string): void;
  /** Ends what {@link pause} began; a pause because of an outage ends by itself. */
  resume(): void;
}

/**
 * Consumes a queue: the reader's starting point. A delivery passes the middleware and the endpoint, which pauses while
 * what it needs is away (`endpoint/`), is read by its contract (`message-reader.ts`), handled and settled
 * (`dispatch.ts`), and what failed is tried again as `retry/` decides.
 * @throws RangeError for a retry policy or threshold out of range, or a policy that cannot hold in the declared queue,
 * Error for contracts or handlers that contradict each other, TransportError `InvalidOptions` where the queue has
 * no name or sessions are asked of a broker that has none, AggregateError for several of these at once
 */
export function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { queue, transport } = options;
  const { read, endpoint } = planConsumer(options);
  if (options.pausedBecause !== undefined) endpoint.pause(options.pausedBecause);
  const consume = compose([idsFromBody(read), ...(options.middleware ?? [])], endpoint.consume);
  return begin(endpoint, queue, transport.subscribe(queue, consume, options));
}

/**
 * Everything of a consumer that needs no broker.
 * @throws as {@link startConsumer} does
 */
export function planConsumer(options: ConsumerOptions): { readonly read: MessageReader; readonly endpoint: Endpoint } {
  const { queue, transport, pause, breaker, dependencies = [], random = Math.random } = options;
  const { onEvent = () => {}, onError, clock = systemClock, partitionBy, wait } = options;
  const problems = new Problems();
  if (queue === '') problems.add(new TransportError('InvalidOptions', 'The queue has no name: give one.', false));
  if (options.sessions !== undefined) problems.try(() => requireCapabilities(transport, ['sessions']));
  const concurrency = problems.try(() => deliveriesAtATime(options)) ?? 1;
  const arranged = problems.try(() => arrangeHandlings(queue, options.handlers, options.contracts ?? []));
  const read = arranged && problems.try(() => createMessageReader(arranged.contracts));
  const byType = arranged?.byType ?? new Map(options.handlers.map((each) => [each.contract.type, each] as const));
  const handlers = problems.try(() => planHandlings(byType, options));
  const handle = createRun({
    read: read ?? neverRead,
    handlers: handlers ?? new Map(),
    random,
    clock,
    ...(wait && { pause: wait }),
  });
  const endpoint = problems.try(
    () =>
      new Endpoint({
        partitionBy,
        concurrency,
        handle,
        dependencies,
        pause,
        breaker,
        clock,
        random,
        onEvent,
        onError,
      }),
  );
  // A transport refuses such options too; said here, they are said with the rest.
  if (!problems.isEmpty) problems.try(() => resolveSubscribeOptions(queue, options));
  problems.throwIfAny(`Queue "${queue}"`);
  return { read: read ?? neverRead, endpoint: endpoint as Endpoint };
}

/** Stands in for the reader of a consumer that does not start. */
function neverRead(): never {
  throw new Error('This consumer was not started.');
}

/** With sessions, one delivery of each. */
function deliveriesAtATime({ queue, concurrency, sessions }: ConsumerOptions): number {
  return sessions === undefined ? concurrency : sessionLimit(queue, { concurrency, sessions });
}

async function begin(endpoint: Endpoint, queue: string, subscribed: Promise<Subscription>): Promise<Consumer> {
  await endpoint.attach(await subscribed);
  return {
    queue,
    health: () => endpoint.health(),
    pause: (reason) => endpoint.pause(reason),
    resume: () => endpoint.resume(),
    stop: (drainTimeoutMs) => endpoint.stop(drainTimeoutMs),
  };
}

/** Wraps `inner` so that the first middleware of the list sees the delivery first. */
function compose(middleware: readonly Middleware[], inner: Consume): Consume {
  return middleware.reduceRight((next, wrap) => wrap(next), inner);
}
