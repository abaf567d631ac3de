import type { DeadLetters, Transport } from '@orderflow/messaging';
import type { Broker } from '@orderflow/servicebus-emulator';
import { deadLetter, type Given, outgoing } from './dead-letter.js';
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

/** A broker that replicas of order-api run on. */
export interface ReachedBroker {
  /** Where it is, as variables of a replica. */
  readonly env: Readonly<Record<string, string>>;
  /** What other services reach it with. */
  readonly transport: Transport & { readonly deadLetters: DeadLetters };
  close(): Promise<void>;
}

/** Replicas of order-api with the ops module, on a real broker and a real database. */
export class OpsApi {
  readonly database: OrderDatabase;
  readonly replicas: TestOrderApi[] = [];
  readonly #reached: ReachedBroker & { readonly broker?: Broker };
  /** Gets every line of the replicas' logs; nobody when absent. */
  log: { write(line: string): void } | undefined;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(
    database: OrderDatabase,
    reached: ReachedBroker & { readonly broker?: Broker },
    env: Readonly<Record<string, string>>,
  ) {
    this.database = database;
    this.#reached = reached;
    this.#env = { OPS: 'true', OPS_INDEX_INTERVAL: '50', OPS_LEASE: '600', ...reached.env, ...env };
  }

  /** What other services reach the broker with. */
  get transport(): ReachedBroker['transport'] {
    return this.#reached.transport;
  }

  /** The embedded broker. @throws Error where it is another one */
  get broker(): Broker {
    if (this.#reached.broker) return this.#reached.broker;
    throw new Error('These replicas do not run on the embedded broker.');
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<OpsApi> {
    const api = await OpsApi.prepare(env);
    await api.startReplica();
    return api;
  }

  /** The same without a replica: nobody consumes queue `order-status` yet. */
  static async prepare(env: Readonly<Record<string, string>> = {}): Promise<OpsApi> {
    const broker = await startOrderBroker();
    const transport = transportTo(broker);
    const close = async (): Promise<void> => {
      await transport.close();
      await broker.close();
    };
    return new OpsApi(await openOrderDatabase(), { env: {}, transport, close, broker }, env);
  }

  /** The same on a broker that is there already. */
  static async prepareOn(reached: ReachedBroker, env: Readonly<Record<string, string>> = {}): Promise<OpsApi> {
    return new OpsApi(await openOrderDatabase(), reached, env);
  }

  async startReplica(env: Readonly<Record<string, string>> = {}): Promise<TestOrderApi> {
    const { url: databaseUrl } = this.database;
    const connectionString = this.#reached.broker?.connectionString;
    const { log } = this;
    const replica = await startOrderApi({
      databaseUrl,
      ...(connectionString !== undefined && { connectionString }),
      ...(log && { log }),
      env: { ...this.#env, ...env },
    });
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

  /** Sends messages to a queue. */
  async send(queue: string, given: readonly Given[]): Promise<void> {
    await this.transport.send(given.map((message) => outgoing(queue, message)));
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
    await this.#reached.close();
    await this.database.close();
  }
}
