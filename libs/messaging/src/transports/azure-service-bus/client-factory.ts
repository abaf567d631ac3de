import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import { TransportError } from '../../transport.js';
import type { AzureServiceBusConnection, ResolvedOptions } from './options.js';
import { leaseToken } from './token-lease.js';

/** The first pause before the SDK tries again, in milliseconds; its own default of 30 s outlives most outages. */
const firstRetryDelayMs = 250;

/** A client, and until when (milliseconds since 1970) it may be used. */
export interface ClientLease {
  readonly client: ServiceBusClient;
  /** When to move on to a new one; undefined while that is not known to be needed. */
  replaceAt(): number | undefined;
}

/** Where clients come from. */
export interface ClientSource {
  create(): ClientLease;
}

/** Makes clients of one namespace. */
export class ClientFactory implements ClientSource {
  readonly #connection: AzureServiceBusConnection;
  readonly #options: ServiceBusClientOptions;
  readonly #now: () => number;

  constructor(connection: AzureServiceBusConnection, options: ResolvedOptions) {
    this.#connection = connection;
    this.#now = () => options.clock.now();
    this.#options = {
      retryOptions: {
        mode: RetryMode.Exponential,
        maxRetries: 3,
        retryDelayInMs: firstRetryDelayMs,
        maxRetryDelayInMs: options.maxReconnectDelayMs,
        timeoutInMs: options.requestTimeoutMs,
      },
    };
  }

  create(): ClientLease {
    const connection = this.#connection;
    if ('connectionString' in connection) {
      return { client: this.#fromConnectionString(connection.connectionString), replaceAt: () => undefined };
    }
    const { credential, replaceAt } = leaseToken(connection.credential, this.#now);
    const client = new ServiceBusClient(connection.fullyQualifiedNamespace, credential, this.#options);
    return { client, replaceAt };
  }

  #fromConnectionString(connectionString: string): ServiceBusClient {
    try {
      return new ServiceBusClient(connectionString, this.#options);
    } catch (cause) {
      const message =
        'The Service Bus connection string cannot be used: it needs Endpoint=sb://…, SharedAccessKeyName=… and SharedAccessKey=….';
      throw new TransportError('InvalidOptions', message, false, { cause });
    }
  }
}
