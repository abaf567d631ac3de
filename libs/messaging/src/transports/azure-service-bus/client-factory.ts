import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import { TransportError } from '../../transport.js';
import { corkWrites } from './cork-writes.js';
import type { AzureServiceBusConnection, ResolvedOptions } from './options.js';
import { keepReceivedBytes } from './received-bytes.js';
import { moveOnAt } from './token-end.js';
import { trackToken } from './tracked-credential.js';

/** The first pause before the SDK tries again, in milliseconds; its own default of 30 s outlives most outages. */
const firstRetryDelayMs = 250;

/** A client with a key renews its token after 45 minutes, once: it is replaced before, in milliseconds. */
const keyLifeMs = 40 * 60_000;
/** A signature that ends sooner than this, in milliseconds, is all there is: another client would not last longer. */
const shortestLifeMs = 30_000;

/** A client, and until when (milliseconds since 1970) it may be used. */
export interface ManagedClient {
  readonly client: ServiceBusClient;
  /**
   * Calls `listener` when the present connection is gone; each call after the first for a connection does nothing. The
   * SDK lets requests that were under way then wait out their timeout, and goes on with another connection.
   */
  onDisconnected(listener: (error: Error | undefined) => void): void;
  /**
   * Closes the client, and has requests for a session that are under way fail. The SDK leaves them to their timeout of a
   * minute, and the process with them.
   */
  close(): Promise<void>;
  /** When to move on to a new one; undefined while that is not known to be needed. */
  replaceAt(): number | undefined;
  /** Whether a new one would show another key. Asks for the connection string again: for when this one was refused. */
  isOutdated(): boolean;
}

/**
 * Where the SDK keeps its connection: not published, but the only place that reports its loss. Without it, requests
 * time out; a test of ours fails should it move.
 */
interface KeepsConnection {
  readonly _connectionContext?: {
    readonly connection?: {
      on(event: 'disconnected', listener: (context: { readonly error?: Error }) => void): void;
      /** That of rhea, to whose events the SDK's requests listen. */
      readonly _connection?: { emit(event: 'disconnected', context: { readonly error: Error }): unknown };
    };
  };
}

/** Where clients come from. */
export interface ClientSource {
  create(): ManagedClient;
}

/** Makes clients of one namespace. */
export class ClientFactory implements ClientSource {
  readonly #connection: AzureServiceBusConnection;
  readonly #options: ResolvedOptions;
  readonly #maxRetries: number;
  readonly #now: () => number;

  /** `maxRetries`: how often the SDK tries again by itself before it rejects. */
  constructor(connection: AzureServiceBusConnection, options: ResolvedOptions, maxRetries = 3) {
    this.#connection = connection;
    this.#now = () => options.clock.now();
    this.#options = options;
    this.#maxRetries = maxRetries;
  }

  create(): ManagedClient {
    const connection = this.#connection;
    if ('connectionString' in connection) {
      const given = connection.connectionString;
      const current = typeof given === 'string' ? () => given : given;
      const connectionString = current();
      const replaceAt = replacementOf(connectionString, this.#now());
      const isOutdated = (): boolean => differs(current, connectionString);
      return managedClient(this.#fromConnectionString(connectionString), () => replaceAt, isOutdated);
    }
    const { credential, replaceAt } = trackToken(connection.credential, this.#now);
    return managedClient(
      new ServiceBusClient(connection.fullyQualifiedNamespace, credential, this.#clientOptions()),
      replaceAt,
    );
  }

  /** Its own for each client: one that subscribes sets its mode to fixed pauses. */
  #clientOptions(): ServiceBusClientOptions {
    const { maxReconnectDelayMs, requestTimeoutMs } = this.#options;
    return {
      retryOptions: {
        mode: RetryMode.Exponential,
        maxRetries: this.#maxRetries,
        retryDelayInMs: Math.min(firstRetryDelayMs, maxReconnectDelayMs),
        maxRetryDelayInMs: maxReconnectDelayMs,
        timeoutInMs: requestTimeoutMs,
      },
    };
  }

  #fromConnectionString(connectionString: string): ServiceBusClient {
    try {
      return new ServiceBusClient(connectionString, this.#clientOptions());
    } catch (cause) {
      const message =
        'The Service Bus connection string cannot be used: it needs Endpoint=sb://…, and SharedAccessKeyName=… with SharedAccessKey=…, or SharedAccessSignature=….';
      throw new TransportError('InvalidOptions', message, false, { cause });
    }
  }
}

/** One that cannot be had now counts as the same: the refusal that made us ask is reported, and is followed by others. */
function differs(current: () => string, used: string): boolean {
  try {
    return current() !== used;
  } catch {
    return false;
  }
}

/** When a client with this connection string has to be replaced; undefined when that would not help. */
function replacementOf(connectionString: string, now: number): number | undefined {
  const signature = /SharedAccessSignature=([^;]*)/i.exec(connectionString)?.[1];
  if (signature === undefined) return now + keyLifeMs;
  const expiresAt = Number(/(?:^|&|\s)se=(\d+)/.exec(signature)?.[1]) * 1_000;
  return expiresAt - now > shortestLifeMs ? moveOnAt(now, expiresAt) : undefined;
}

/** A client that is good until `replaceAt`, or until it is outdated, which one with a credential never is. */
export function managedClient(
  client: ServiceBusClient,
  replaceAt: () => number | undefined,
  isOutdated = (): boolean => false,
): ManagedClient {
  keepReceivedBytes(client);
  corkWrites(client);
  const watched = new WeakSet<object>();
  const connectionOf = () => (client as unknown as KeepsConnection)._connectionContext?.connection;
  return {
    client,
    replaceAt,
    isOutdated,
    onDisconnected(listener) {
      const connection = connectionOf();
      if (connection === undefined || watched.has(connection)) return;
      watched.add(connection);
      connection.on('disconnected', ({ error }) => listener(error));
    },
    async close() {
      const connection = connectionOf();
      await client.close();
      // What rhea says of a connection that was lost, and not of one that was closed.
      connection?._connection?.emit('disconnected', { error: new Error('The connection was closed.') });
    },
  };
}
