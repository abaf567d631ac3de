import { setTimeout as delay } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { AdvancingClock } from '../../src/testing/advancing-clock.js';
import type { ForeignMessage, TestedTransport, TransportEnvironment } from '../../src/testing/transport-harness.js';
import { ClientFactory } from '../../src/transports/azure-service-bus/client-factory.js';
import { resolveOptions } from '../../src/transports/azure-service-bus/options.js';
import { AzureServiceBusTransport } from '../../src/transports/azure-service-bus/service-bus-transport.js';
import { ClientSockets } from './client-sockets.js';
import { prefixed } from './prefixed-transport.js';
import { lockDurationMs, SuiteEntities } from './suite-entities.js';

/** How long after its end a lock is certainly over by the broker's clock, in milliseconds. */
const marginMs = 1_000;

/** Entities of its own in a namespace whose time nobody can move. */
export class AzureEnvironment implements TransportEnvironment {
  readonly lockDurationMs = lockDurationMs;
  readonly longDelayMs = 5_000;
  /** The machine's, until the end. */
  readonly #clock = new AdvancingClock();
  readonly #connectionString: string;
  readonly #entities: SuiteEntities;
  readonly #sockets = new Map<TestedTransport, ClientSockets>();

  private constructor(connectionString: string, entities: SuiteEntities) {
    this.#connectionString = connectionString;
    this.#entities = entities;
  }

  /** @param connectionString of a namespace, with the right to manage */
  static async start(connectionString: string): Promise<AzureEnvironment> {
    return new AzureEnvironment(connectionString, await SuiteEntities.create(connectionString));
  }

  now(): number {
    return this.#clock.now();
  }

  async connect(): Promise<TestedTransport> {
    const connection = { connectionString: this.#connectionString };
    const sockets = new ClientSockets();
    const resolved = resolveOptions({ clock: this.#clock, requestTimeoutMs: 10_000 });
    const transport = new AzureServiceBusTransport(connection, resolved, (maxRetries) =>
      sockets.of(new ClientFactory(connection, resolved, maxRetries)),
    );
    const tested = prefixed(transport, this.#entities.prefix);
    this.#sockets.set(tested, sockets);
    return tested;
  }

  async advance(ms: number): Promise<void> {
    await delay(ms);
  }

  async crash(transport: TestedTransport): Promise<void> {
    this.#sockets.get(transport)?.die();
  }

  async interrupt(): Promise<void> {
    for (const sockets of this.#sockets.values()) sockets.cut();
  }

  /** No renewal arrives for as long as a lock lasts. */
  async loseLocks(): Promise<void> {
    const heard = [...this.#sockets.values()].map((sockets) => sockets.silence());
    await delay(lockDurationMs + marginMs);
    for (const hear of heard) hear();
  }

  restart(): Promise<void> {
    return Promise.reject(new Error('Nobody restarts Azure.'));
  }

  sendForeign({ type, headers, body, ...message }: ForeignMessage): Promise<void> {
    const native = { ...message, subject: type, applicationProperties: headers, body: Buffer.from(body) };
    return this.#natively((client, queue) => client.createSender(queue).sendMessages(native));
  }

  async receiveForeign(): Promise<ForeignMessage> {
    const [message] = await this.#natively((client, queue) =>
      client.createReceiver(queue, { receiveMode: 'receiveAndDelete' }).receiveMessages(1),
    );
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
    const closing = [...this.#sockets.keys()].map((transport) => transport.close());
    // What a test still holds, and what cannot be reached any more, is not waited for.
    this.#clock.advance(10 * 60_000);
    await Promise.all(closing);
    for (const sockets of this.#sockets.values()) sockets.die();
    await this.#entities.remove();
  }

  async #natively<T>(work: (client: ServiceBusClient, queue: string) => Promise<T>): Promise<T> {
    const client = new ServiceBusClient(this.#connectionString);
    try {
      return await work(client, `${this.#entities.prefix}work`);
    } finally {
      await client.close();
    }
  }
}
