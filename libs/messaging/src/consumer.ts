import type { Contract } from './contract.js';
import { createDispatch, type DispatchOptions } from './dispatch.js';
import { arrangeHandlings, type Handling } from './handling.js';
import { createMessageReader } from './message-reader.js';
import { planHandlings } from './handling-plan.js';
import { idsFromBody } from './middleware/ids-from-body.js';
import type { FailureRule } from './retry/classify.js';
import type { RetryPolicy } from './retry/retry-policy.js';
import type { Consume, Middleware, SubscribeOptions, Subscription, Transport } from './transport.js';

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
  readonly random?: DispatchOptions['random'];
  /** Measures the time limits of handlers; the system's by default. */
  readonly clock?: DispatchOptions['clock'];
}

/**
 * Consumes a queue: the reader's starting point. A delivery passes the middleware, is read by its contract
 * (`message-reader.ts`), handled and settled (`dispatch.ts`), and what failed is tried again as `retry/` decides.
 * @throws RangeError for a retry policy out of range, Error for contracts or handlers that contradict each other
 */
export function startConsumer(options: ConsumerOptions): Promise<Subscription> {
  const { byType, contracts } = arrangeHandlings(options.queue, options.handlers, options.contracts ?? []);
  const read = createMessageReader(contracts);
  const dispatch = createDispatch({
    read,
    handlers: planHandlings(byType, options),
    random: options.random,
    clock: options.clock,
  });
  const consume = compose([idsFromBody(read), ...(options.middleware ?? [])], dispatch);
  return options.transport.subscribe(options.queue, consume, options);
}

/** Wraps `inner` so that the first middleware of the list sees the delivery first. */
function compose(middleware: readonly Middleware[], inner: Consume): Consume {
  return middleware.reduceRight((next, wrap) => wrap(next), inner);
}
