import type { Contract } from './contract.js';
import { createDispatch, type DispatchOptions, type Handler } from './dispatch.js';
import { createMessageReader } from './message-reader.js';
import { idsFromBody } from './middleware/ids-from-body.js';
import { type RetryPolicy, retryPolicy } from './retry/retry-policy.js';
import type { Consume, Middleware, SubscribeOptions, Subscription, Transport } from './transport.js';

export interface ConsumerOptions extends SubscribeOptions {
  readonly transport: Transport;
  readonly queue: string;
  /** Every contract that may arrive, old versions included. */
  readonly contracts: readonly Contract[];
  /** One handler a message type; what has none is dead-lettered. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Steps around the handling of each delivery; the first is the outermost. */
  readonly middleware?: readonly Middleware[];
  readonly policy?: Partial<RetryPolicy>;
  readonly random?: DispatchOptions['random'];
}

/**
 * Consumes a queue: the reader's starting point. A delivery passes the middleware, is read by its contract
 * (`message-reader.ts`), handled and settled (`dispatch.ts`), and what failed is tried again as `retry/` decides.
 * @throws RangeError for a retry policy out of range, Error for contracts or handlers that contradict each other
 */
export function startConsumer(options: ConsumerOptions): Promise<Subscription> {
  checkHandlers(options);
  const read = createMessageReader(options.contracts);
  const dispatch = createDispatch({
    read,
    handlers: options.handlers,
    policy: retryPolicy(options.policy),
    random: options.random,
  });
  const consume = compose([idsFromBody(read), ...(options.middleware ?? [])], dispatch);
  return options.transport.subscribe(options.queue, consume, options);
}

/** Wraps `inner` so that the first middleware of the list sees the delivery first. */
function compose(middleware: readonly Middleware[], inner: Consume): Consume {
  return middleware.reduceRight((next, wrap) => wrap(next), inner);
}

function checkHandlers({ contracts, handlers, queue }: ConsumerOptions): void {
  const known = new Set(contracts.map(({ type }) => type));
  const unknown = [...handlers.keys()].filter((type) => !known.has(type));
  if (unknown.length > 0) throw new Error(`Handlers of queue "${queue}" have no contract: ${unknown.join(', ')}.`);
  if (handlers.size === 0) throw new Error(`Queue "${queue}" has no handlers.`);
}
