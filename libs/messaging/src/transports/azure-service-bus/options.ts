import type { TokenCredential } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { rangeProblems, withDefaults } from '../../resolve-options.js';
import { systemClock } from '../../system-clock.js';
import { TransportError } from '../../transport.js';

/**
 * How to reach a namespace: a connection string, or its host with an Entra ID credential. Connections are replaced before
 * their token ends.
 */
export type AzureServiceBusConnection =
  | {
      /**
       * With a key, or with a `SharedAccessSignature` that ends. Give a function to have it asked again for each new
       * connection and whenever the broker refuses the one in use, so that a key or a signature can follow the last.
       */
      readonly connectionString: string | (() => string);
    }
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

/**
 * Fills in the defaults and checks the ranges.
 * @throws TransportError `InvalidOptions` that lists every value out of range
 */
export function resolveOptions(options: AzureServiceBusOptions): ResolvedOptions {
  const resolved = withDefaults(options, {
    stallAfterMs: 60_000,
    requestTimeoutMs: 30_000,
    maxReconnectDelayMs: 5_000,
    clock: systemClock,
  });
  const problems = rangeProblems(resolved, {
    stallAfterMs: { min: 1 },
    requestTimeoutMs: { min: 1 },
    maxReconnectDelayMs: { min: 0 },
  });
  if (problems.length === 0) return resolved;
  throw new TransportError('InvalidOptions', `Invalid Azure Service Bus options: ${problems.join('; ')}.`, false);
}
