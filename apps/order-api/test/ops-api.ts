import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { Broker } from '@orderflow/servicebus-emulator';
import { deadLetter, type Given } from './dead-letter.js';
import { eventually } from './eventually.js';
import { startOrderApi, type TestOrderApi } from './order-api.js';
import { startOrderBroker, transportTo } from './order-broker.js';
import { openOrderDatabase, type OrderDatabase } from './order-database.js';

/** What order-api answered. */
export interface OpsAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly headers: Headers;
}

/** Replicas of order-api with the ops module, on a real broker and a real database. */
export class OpsApi {
  readonly database: OrderDatabase;
  readonly broker: Broker;
  /** What other services reach the broker with. */
  readonly transport: AzureServiceBusTransport;
  readonly replicas: TestOrderApi[] = [];
  readonly #env: Readonly<Record<string, string>>;

  private constructor(database: OrderDatabase, broker: Broker, env: Readonly<Record<string, string>>) {
    this.database = database;
    this.broker = broker;
    this.transport = transportTo(broker);
    this.#env = { OPS: 'true', OPS_INDEX_INTERVAL: '50', OPS_LEASE: '600', ...env };
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<OpsApi> {
    const api = await OpsApi.prepare(env);
    await api.startReplica();
    return api;
  }

  /** The same without a replica: nobody consumes queue `order-status` yet. */
  static async prepare(env: Readonly<Record<string, string>> = {}): Promise<OpsApi> {
    return new OpsApi(await openOrderDatabase(), await startOrderBroker(), env);
  }

  async startReplica(env: Readonly<Record<string, string>> = {}): Promise<TestOrderApi> {
    const { url: databaseUrl } = this.database;
    const { connectionString } = this.broker;
    const replica = await startOrderApi({ databaseUrl, connectionString, env: { ...this.#env, ...env } });
    this.replicas.push(replica);
    return replica;
  }

  async get(path: string, { replica = 0, headers = {} }: { replica?: number; headers?: Record<string, string> } = {}) {
    return this.ask('GET', path, { replica, headers });
  }

  async post(path: string, body: unknown = {}, { replica = 0, headers = {} } = {}): Promise<OpsAnswer> {
    return this.ask('POST', path, { replica, headers, body });
  }

  async ask(
    method: string,
    path: string,
    { replica = 0, headers = {}, body }: { replica?: number; headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<OpsAnswer> {
    const answer = await fetch(`${this.replicas[replica]?.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), headers: answer.headers };
  }

  /** Dead-letters messages and waits until the index has them. */
  async deadLetter(queue: string, given: readonly Given[]): Promise<void> {
    const before = await this.present(queue);
    await deadLetter(this.transport, queue, given);
    await this.indexed(queue, before + given.length);
  }

  /** Waits until the index has so many letters of a queue. */
  async indexed(queue: string, count: number): Promise<void> {
    await eventually(async () => {
      const present = await this.present(queue);
      if (present !== count) throw new Error(`The index has ${present} letters of ${queue}, not ${count}.`);
    });
  }

  async present(queue: string): Promise<number> {
    const { body } = await this.get(`/ops/queues/${encodeURIComponent(queue)}`);
    return Number(body.deadLetters.indexed);
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await this.transport.close();
    await this.broker.close();
    await this.database.close();
  }
}
