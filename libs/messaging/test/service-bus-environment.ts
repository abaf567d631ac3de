import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { AdvancingClock } from '../src/testing/advancing-clock.js';
import { TcpProxy } from '../src/testing/tcp-proxy.js';
import {
  type ForeignMessage,
  type Incident,
  suiteTopology,
  type TestedTransport,
  type TransportEnvironment,
} from '../src/testing/transport-harness.js';
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
  #broker: Broker;
  /** Where it keeps what it stores; undefined when that is in memory only. */
  readonly #dataDir: string | undefined;
  readonly #relays = new Map<TestedTransport, TcpProxy>();
  readonly #crashed = new Set<TestedTransport>();

  private constructor(broker: Broker, dataDir: string | undefined) {
    this.#broker = broker;
    this.#dataDir = dataDir;
  }

  static async start(incident?: Incident): Promise<ServiceBusEnvironment> {
    const dataDir = incident === 'restart' ? await mkdtemp(join(tmpdir(), 'service-bus-')) : undefined;
    return new ServiceBusEnvironment(await startOn(dataDir), dataDir);
  }

  get broker(): Broker {
    return this.#broker;
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

  async loseLocks(queue: string): Promise<void> {
    this.broker.faults.disrupt({ kind: 'expire-locks', entity: queue });
  }

  async restart(): Promise<void> {
    const { port } = this.broker;
    await this.broker.close();
    this.#broker = await startOn(this.#dataDir, port);
  }

  async sendForeign({ type, headers, body, ...message }: ForeignMessage): Promise<void> {
    const client = new ServiceBusClient(this.broker.connectionString);
    const native = { ...message, subject: type, applicationProperties: headers, body: Buffer.from(body) };
    await client.createSender('work').sendMessages(native);
    await client.close();
  }

  async receiveForeign(): Promise<ForeignMessage> {
    const client = new ServiceBusClient(this.broker.connectionString);
    const receiver = client.createReceiver('work', { receiveMode: 'receiveAndDelete' });
    const [message] = await receiver.receiveMessages(1);
    await client.close();
    if (message === undefined) throw new Error('The queue is empty.');
    const { subject = '', contentType = '', applicationProperties, body } = message;
    return {
      messageId: String(message.messageId),
      type: subject,
      contentType,
      correlationId: String(message.correlationId),
      headers: applicationProperties as ForeignMessage['headers'],
      body: body as Buffer,
    };
  }

  async close(): Promise<void> {
    const closing = [...this.#relays.keys()].map((transport) => transport.close());
    // What a test still holds, and what cannot be reached any more, is not waited for.
    this.clock.advance(10 * 60_000);
    await Promise.all(closing);
    await Promise.all([...this.#relays.values()].map((proxy) => proxy.close()));
    await this.broker.close();
    if (this.#dataDir !== undefined) await rm(this.#dataDir, { recursive: true });
  }

  get #alive(): readonly TestedTransport[] {
    return [...this.#relays.keys()].filter((transport) => !this.#crashed.has(transport));
  }
}

/** A transport that is closed, or has not found its broker again, has nothing to renew. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof TransportError && (error.code === 'Closed' || error.retryable))) throw error;
}

function startOn(dataDir: string | undefined, port = 0): Promise<Broker> {
  const kept = dataDir !== undefined && ({ dataDir, sync: 'none' } as const);
  // Minutes pass here in milliseconds: a client that is connecting would count as idle.
  return startBroker({ topology: serviceBusTopology, enforceIdleTimeouts: false, port, ...kept });
}
