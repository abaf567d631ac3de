import type { Contract } from './contract.js';
import type { Message } from './message.js';
import type { FailureRule } from './retry/classify.js';
import type { RetryPolicy } from './retry/retry-policy.js';
import { inSteps, wasCommitted } from './run-steps.js';
import { type AnySteps, isSteps, type Judge } from './steps.js';
import type { Delivery } from './transport.js';

/** Handles one message. Returning means done; throwing means not done. */
export type Handler<T = unknown> = (message: Message<T>, delivery: Delivery) => Promise<void>;

/** A handler as it is run: it is told what failures are, for what it does together with others. */
export type HandlerRun<T = unknown> = (message: Message<T>, delivery: Delivery, judge?: Judge) => Promise<void>;

export interface HandlerOptions {
  /** What differs from the consumer's retry policy for this handler; nothing by default. */
  readonly retry?: Partial<RetryPolicy>;
  /** How long one run of the handler may take, in ms; 1 to 86,400,000 (a day). Default 300,000 (5 minutes). */
  readonly timeoutMs?: number;
  /** Rules that come before the consumer's; none by default. */
  readonly failures?: readonly FailureRule[];
}

/** Whether a message was handled before, as far as its inbox knows. */
export type WasHandled = (message: Message) => Promise<boolean>;

/** A contract and what handles its messages, whose payload is the contract's. Made by {@link handle}. */
export interface Handling {
  readonly contract: Contract;
  readonly handler: HandlerRun;
  readonly options: HandlerOptions;
  /** Asked for what comes after its last attempt; absent where nobody knows. */
  readonly wasHandled?: WasHandled;
}

/**
 * Binds a handler, or one in two steps, to the latest version of its contract: `message.payload` has the contract's type.
 * @throws Error for a contract that upcasts: its messages arrive as those of the version it leads to
 */
export function handle<T>(
  contract: Contract<T>,
  handler: HandlerRun<NoInfer<T>> | AnySteps<NoInfer<T>>,
  options: HandlerOptions = {},
): Handling {
  if (contract.upcast) {
    const { to } = contract.upcast;
    throw new Error(
      `Messages of ${contract.type} version ${contract.version} arrive as ${to.type} version ${to.version}: handle that.`,
    );
  }
  // The reader gives a handler nothing but payloads that its own contract has checked.
  if (!isSteps(handler)) return Object.freeze({ contract, handler: handler as HandlerRun, options });
  const wasHandled: WasHandled = (message) => wasCommitted(handler, message);
  return Object.freeze({ contract, handler: inSteps<T>(handler) as HandlerRun, options, wasHandled });
}

/** One handling a message type. */
export type Handlings = ReadonlyMap<string, Handling>;

/**
 * The handlings by message type, and every contract that they and `older` can read.
 * @throws Error that lists every contradiction: no handler, two for one type, a version that leads past its handler
 */
export function arrangeHandlings(
  queue: string,
  handlings: readonly Handling[],
  older: readonly Contract[],
): { readonly byType: Handlings; readonly contracts: readonly Contract[] } {
  const byType = new Map(handlings.map((handling) => [handling.contract.type, handling] as const));
  const contracts = [...new Set([...handlings.map(({ contract }) => contract), ...older])];
  const problems = [
    ...(handlings.length === 0 ? ['it has no handlers'] : []),
    ...handlings
      .filter((handling) => byType.get(handling.contract.type) !== handling)
      .map(({ contract }) => `two handlers for "${contract.type}"`),
    ...contracts.flatMap((contract) => pastItsHandler(contract, byType)),
  ];
  if (problems.length > 0) throw new Error(`Queue "${queue}" cannot be consumed: ${problems.join('; ')}.`);
  return { byType, contracts };
}

/** A payload that ends at another version than the handler's would not be of the handler's type. */
function pastItsHandler(contract: Contract, byType: Handlings): string[] {
  const latest = latestOf(contract);
  const handled = byType.get(latest.type)?.contract;
  if (!handled || handled === latest) return [];
  return [
    `${contract.type} version ${contract.version} ends as version ${latest.version}` +
      ` and does not lead to the contract that is handled, version ${handled.version}`,
  ];
}

function latestOf(contract: Contract): Contract {
  return contract.upcast ? latestOf(contract.upcast.to) : contract;
}
