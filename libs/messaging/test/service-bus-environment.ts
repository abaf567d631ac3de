import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { AdvancingClock } from '../src/testing/advancing-clock.js';
import { TcpProxy } from '../src/testing/tcp-proxy.js';
import { suiteTopology, type TestedTransport, type TransportEnvironment } from '../src/testing/transport-harness.js';
import { TransportError } from '../src/transport.js';
import {
  type AzureServiceBusOptions,
  createAzureServiceBusTransport,
} from '../src/transports/azure-service-bus/index.js';

/** How long a lock lasts on every queue of the broker below, in milliseconds. */
const lockDurationMs = 60_000;
/** Time moves in such steps, so that what has to happen in between, over the wire, has happened. */
const stepMs = lockDurationMs / 8;

/** {@link suiteTopology} in the format of Microsoft's emulator. */
export const serviceBusTopology = parseTopology(
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: 'suite',
          Queues: [...suiteTopology.queues, ...suiteTopology.sessionQueues].map((Name) => ({
            Name,
            Properties: {
              RequiresSession: (suiteTopology.sessionQueues as readonly string[]).includes(Name),
              LockDuration: 'PT1M',
              MaxDeliveryCount: 10,
              RequiresDuplicateDetection: true,
              DuplicateDetectionHistoryTimeWindow: 'PT1H',
            },
          })),
          Topics: Object.entries(suiteTopology.topics).map(([Name, subscriptions]) => ({
            Name,
            Subscriptions: Object.entries(subscriptions).map(([name, subscription]) => ({
              Name: name,
              Properties: { ForwardTo: subscription.forwardTo },
              ...('types' in subscription ? { Rules: subscription.types.map(ruleFor) } : {}),
            })),
          })),
        },
      ],
    },
  }),
);

/** A subscription rule for one message type. */
function ruleFor(type: string): object {
  return { Name: 'type', Properties: { FilterType: 'Correlation', CorrelationFilter: { Label: type } } };
}

/** A connection string for a broker, or for a proxy before one, on this port. */
export function connectionStringTo(port: number): string {
  return `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=test;SharedAccessKey=test;UseDevelopmentEmulator=true`;
}

/** A broker, a clock for it and for its clients, and clients each behind a proxy of its own. */
export class ServiceBusEnvironment implements TransportEnvironment {
  readonly lockDurationMs = lockDurationMs;
  readonly longDelayMs = 60_000;
  readonly clock = new AdvancingClock();
  readonly broker: Broker;
  readonly #relays = new Map<TestedTransport, TcpProxy>();
  readonly #crashed = new Set<TestedTransport>();

  private constructor(broker: Broker) {
    this.broker = broker;
  }

  static async start(): Promise<ServiceBusEnvironment> {
    // Minutes pass here in milliseconds: a client that is connecting would count as idle.
    const broker = await startBroker({ topology: serviceBusTopology, enforceIdleTimeouts: false });
    return new ServiceBusEnvironment(broker);
  }

  now(): number {
    return this.clock.now();
  }

  connect(options: AzureServiceBusOptions = {}): Promise<TestedTransport> {
    return this.connectThroughProxy(options).then(({ transport }) => transport);
  }

  async connectThroughProxy(
    options: AzureServiceBusOptions = {},
  ): Promise<{ readonly transport: TestedTransport; readonly proxy: TcpProxy }> {
    const proxy = await TcpProxy.to(this.broker.port);
    const connection = { connectionString: connectionStringTo(proxy.port) };
    const transport = createAzureServiceBusTransport(connection, {
      clock: this.clock,
      requestTimeoutMs: 2_000,
      ...options,
    });
    this.#relays.set(transport, proxy);
    return { transport, proxy };
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(left, stepMs);
      this.broker.clock.advance(step);
      this.clock.advance(step);
      // Once a request went there and back, so did the renewals that this step caused.
      await Promise.all(
        this.#alive.map((transport) => transport.deadLetters.peek('work', { limit: 1 }).catch(unlessClosed)),
      );
    }
  }

  async crash(transport: TestedTransport): Promise<void> {
    this.#crashed.add(transport);
    await this.#relays.get(transport)?.close();
  }

  async interrupt(): Promise<void> {
    for (const proxy of this.#relays.values()) proxy.cut();
  }

  async close(): Promise<void> {
    const closing = [...this.#relays.keys()].map((transport) => transport.close());
    // What a test still holds, and what cannot be reached any more, is not waited for.
    this.clock.advance(10 * 60_000);
    await Promise.all(closing);
    await Promise.all([...this.#relays.values()].map((proxy) => proxy.close()));
    await this.broker.close();
  }

  get #alive(): readonly TestedTransport[] {
    return [...this.#relays.keys()].filter((transport) => !this.#crashed.has(transport));
  }
}

function unlessClosed(error: unknown): void {
  if (!(error instanceof TransportError && error.code === 'Closed')) throw error;
}
