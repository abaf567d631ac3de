import type { Contract } from '../contract.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Relay } from '../outbox/relay-health.js';
import { Problems } from '../problems.js';
import { requireCapabilities } from '../require-capabilities.js';
import type { Sender, Tracing } from '../tracing.js';
import type { Capabilities, Destination, Transport, TransportError } from '../transport.js';
import type { MessagingServerOptions } from './messaging-server.js';

/** A contract, or several, and where their messages go. */
export interface Route {
  // biome-ignore lint/suspicious/noExplicitAny: each contract's payload is its own business
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly contracts: readonly Contract<any>[];
  readonly to: Destination;
}

/** An outbox and how to start its relay: what `createPostgresMessaging` and `createMemoryMessaging` answer. */
export interface OutboxOwner {
  // biome-ignore lint/suspicious/noExplicitAny: the transaction is the store's own
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly outbox: Outbox<any>;
  startRelay(options: { readonly transport: Sender; readonly onError: (error: unknown) => void }): Relay;
}

/** The one queue that an app consumes. */
export type ModuleConsumer = Omit<MessagingServerOptions, 'transport' | 'onError' | 'clock' | 'wait' | 'problems'>;

export interface MessagingModuleOptions {
  /** The broker. The module closes it when the app shuts down. */
  readonly transport: Transport;
  /** Who sends, a URI reference such as `/shipping`. */
  readonly source: string;
  /** What the app publishes, and where that goes; nothing by default. */
  readonly routes?: readonly Route[];
  /** The queue whose messages the methods with `@MessageHandler` handle; none by default. */
  readonly consumer?: ModuleConsumer;
  /** Its relay is started and stopped with the app; without it, messages are published straight to the broker. */
  readonly messaging?: OutboxOwner;
  /** What is asked of the broker beyond sending and receiving; nothing by default. */
  readonly needs?: readonly (keyof Capabilities)[];
  /** Spans of deliveries and sends, e.g. `traceMessaging('servicebus')` of `@orderflow/messaging/opentelemetry`; none by default. */
  readonly tracing?: Tracing;
  /** Called with everything that went wrong outside of a delivery. Nest's logger by default. */
  readonly onError?: (error: TransportError | unknown) => void;
}

/** Everything in the options that cannot work; empty when nothing does not. */
export function problemsOf(options: MessagingModuleOptions, transport: Transport): readonly unknown[] {
  const problems: unknown[] = [];
  const { source, routes = [], needs = [] } = options;
  if (source === '') problems.push(new Error('source is empty: name the sender, such as "/shipping".'));
  try {
    requireCapabilities(transport, needs);
  } catch (error) {
    problems.push(error);
  }
  const seen = new Set<string>();
  for (const { type, version, upcast } of routes.flatMap(({ contracts }) => contracts)) {
    if (seen.has(type)) problems.push(new Error(`Two routes have a contract "${type}": keep one.`));
    seen.add(type);
    if (upcast) {
      const { to } = upcast;
      problems.push(new Error(`${type} version ${version} is an old version: publish version ${to.version}.`));
    }
  }
  return problems;
}

/** @throws what {@link problemsOf} finds */
export function requireNoProblems(options: MessagingModuleOptions, transport: Transport): void {
  const problems = new Problems();
  for (const problem of problemsOf(options, transport)) problems.add(problem);
  problems.throwIfAny('Messaging');
}
