import type { TokenCredential } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { systemClock } from '../../system-clock.js';

/** How to reach a namespace: a connection string, or its host with an Entra ID credential. */
export type AzureServiceBusConnection =
  | { readonly connectionString: string }
  | {
      /** e.g. `orders.servicebus.windows.net`. */
      readonly fullyQualifiedNamespace: string;
      readonly credential: TokenCredential;
    };

export interface AzureServiceBusOptions {
  /**
   * After how long without progress, in milliseconds, a subscription looks whether messages wait that it should have
   * got, and replaces its receiver if so; choose no less than the queue's lock duration. 60,000 when absent.
   */
  readonly stallAfterMs?: number;
  /** How long one request to the broker may take, in milliseconds; 30,000 when absent. */
  readonly requestTimeoutMs?: number;
  /** The longest pause between two attempts to reach the broker, in milliseconds; 5,000 when absent. */
  readonly maxReconnectDelayMs?: number;
  /** The machine's clock when absent. */
  readonly clock?: Clock;
}

/** The options with every default filled in. */
export type ResolvedOptions = Required<AzureServiceBusOptions>;

export function resolveOptions(options: AzureServiceBusOptions): ResolvedOptions {
  return Object.freeze({
    stallAfterMs: options.stallAfterMs ?? 60_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    maxReconnectDelayMs: options.maxReconnectDelayMs ?? 5_000,
    clock: options.clock ?? systemClock,
  });
}
