import { setTimeout as delay } from 'node:timers/promises';
import amqp from 'amqplib';
import { AdvancingClock } from '../../src/testing/advancing-clock.js';
import { TcpProxy } from '../../src/testing/tcp-proxy.js';
import {
  type ForeignMessage,
  suiteTopology,
  type TestedTransport,
  type TransportEnvironment,
} from '../../src/testing/transport-harness.js';
import {
  createRabbitMqTransport,
  type RabbitMqOptions,
  type RabbitMqTransport,
} from '../../src/transports/rabbitmq/index.js';
import type { RestartableServer } from './restartable-server.js';
import { sharedServer } from './shared-server.js';
import { VirtualHost } from './virtual-host.js';

/** {@link suiteTopology} for RabbitMQ, with delays of up to 15 s. */
export const rabbitMqTopology = {
  queues: suiteTopology.queues.map((name) => ({ name, maxDeliveryCount: 10 })),
  topics: suiteTopology.topics,
  longestDelayMs: 15_000,
  deadLetterNotices: true,
};

/** A virtual host of a real broker, whose time nobody can move, and transports each behind a proxy of its own. */
export class RabbitMqEnvironment implements TransportEnvironment {
  readonly lockDurationMs = 1_000;
  readonly longDelayMs = 2_000;
  readonly clock = new AdvancingClock();
  readonly virtualHost: VirtualHost;
  readonly #proxies = new Map<TestedTransport, TcpProxy>();

  /** What can be restarted; undefined on the broker of all specs. */
  readonly #restartable: RestartableServer | undefined;

  private constructor(virtualHost: VirtualHost, restartable?: RestartableServer) {
    this.virtualHost = virtualHost;
    this.#restartable = restartable;
  }

  /** On the broker of all specs, or on one that can be restarted when it is given. */
  static async start(restartable?: RestartableServer): Promise<RabbitMqEnvironment> {
    const place = await (restartable === undefined ? sharedServer() : restartable.start());
    return new RabbitMqEnvironment(await VirtualHost.create(place), restartable);
  }

  now(): number {
    return this.clock.now();
  }

  async connect(): Promise<TestedTransport> {
    return (await this.connectThroughProxy()).transport;
  }

  async connectThroughProxy(
    options: Partial<RabbitMqOptions> = {},
  ): Promise<{ readonly transport: RabbitMqTransport; readonly proxy: TcpProxy }> {
    const proxy = await TcpProxy.to(this.virtualHost.place.port);
    const transport = createRabbitMqTransport(
      { url: this.virtualHost.url(proxy.port) },
      {
        topology: rabbitMqTopology,
        rejectedDelayMs: this.lockDurationMs,
        maxReconnectDelayMs: 500,
        clock: this.clock,
        ...options,
      },
    );
    this.#proxies.set(transport, proxy);
    return { transport, proxy };
  }

  async advance(ms: number): Promise<void> {
    await delay(ms);
  }

  async crash(transport: TestedTransport): Promise<void> {
    await this.#proxies.get(transport)?.close();
  }

  async interrupt(): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.cut();
  }

  /** Without its connection a channel is closed. */
  loseLocks(): Promise<void> {
    return this.interrupt();
  }

  async restart(): Promise<void> {
    if (this.#restartable === undefined) throw new Error('The broker of all specs is not restarted.');
    await this.#restartable.restart();
  }

  async sendForeign({ headers, body, ...properties }: ForeignMessage): Promise<void> {
    await this.#natively(async (channel) => {
      channel.sendToQueue('work', Buffer.from(body), { ...properties, headers });
      await channel.waitForConfirms();
    });
  }

  async receiveForeign(): Promise<ForeignMessage> {
    return this.#natively(async (channel) => {
      const message = await channel.get('work', { noAck: true });
      if (message === false) throw new Error('The queue is empty.');
      const { messageId, type, contentType, correlationId, headers } = message.properties;
      return { messageId, type, contentType, correlationId, headers: headers ?? {}, body: message.content };
    });
  }

  async #natively<T>(work: (channel: amqp.ConfirmChannel) => Promise<T>): Promise<T> {
    const connection = await amqp.connect(this.virtualHost.url());
    // Its calls reject.
    connection.on('error', () => {});
    try {
      return await work(await connection.createConfirmChannel());
    } finally {
      await connection.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
    const closing = [...this.#proxies.keys()].map((transport) => transport.close());
    // What a test still holds, and what cannot be reached any more, is not waited for.
    for (let minutes = 0; minutes < 3; minutes += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(60_000);
    }
    await Promise.all(closing);
    await this.virtualHost.remove();
  }
}
