import { RetryMode, ServiceBusClient, type ServiceBusClientOptions, type TokenCredential } from '@azure/service-bus';
import { TransportError } from '../../transport.js';
import type { AzureServiceBusConnection, ResolvedOptions } from './options.js';

/** The first pause before the SDK tries again, in milliseconds; its own default of 30 s outlives most outages. */
const firstRetryDelayMs = 250;
/** How long before a token's end its client is replaced, in milliseconds: before the SDK renews it at 2 minutes. */
const rolloverMarginMs = 5 * 60_000;

/** A client, and until when (milliseconds since 1970) it may be used. */
export interface ClientLease {
  readonly client: ServiceBusClient;
  /**
   * When to move on to a new client; undefined while no token was needed. The SDK renews a token once with a timer that
   * a failed renewal does not arm again, and then sends into the void: a client is replaced before that can happen.
   */
  replaceAt(): number | undefined;
}

/** Makes clients of one namespace. */
export class ClientFactory {
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
    let replaceAt: number | undefined;
    const credential: TokenCredential = {
      getToken: async (scopes, options) => {
        const token = await connection.credential.getToken(scopes, options);
        if (token !== null) replaceAt ??= moveOnAt(this.#now(), token.expiresOnTimestamp);
        return token;
      },
    };
    const client = new ServiceBusClient(connection.fullyQualifiedNamespace, credential, this.#options);
    return { client, replaceAt: () => replaceAt };
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

/** A few minutes before the token ends, or half-way through a short one. */
function moveOnAt(now: number, expiresAt: number): number {
  return Math.max(expiresAt - rolloverMarginMs, now + (expiresAt - now) / 2);
}
