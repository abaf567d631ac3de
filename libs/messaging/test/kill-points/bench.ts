import type { LocalPostgres } from '@orderflow/local-postgres';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { ServiceBusClient } from '@azure/service-bus';
import { AdvancingClock } from '../../src/testing/advancing-clock.js';
import { createEnvelopeWriter, type Transport } from '../../src/index.js';
import { createAzureServiceBusTransport } from '../../src/transports/azure-service-bus/index.js';
import { BenchDatabase } from './bench-database.js';
import {
  type Done,
  type Kind,
  orderedWorkQueue,
  resultsQueue,
  resultSuffixes,
  statedWork,
  work,
  workQueue,
} from './messages.js';
import type { WorkerSettings } from './protocol.js';
import { type Service, startService } from './service.js';

/** How long a lock lasts, in milliseconds: longer than anything takes here, since time passes when we say so. */
export const lockMs = 60_000;
/** Longer than a lock and than any lease, in milliseconds. */
export const beyondLockMs = lockMs + 1_000;

const queue = (Name: string, RequiresSession = false): object => ({
  Name,
  Properties: {
    LockDuration: 'PT1M',
    MaxDeliveryCount: 100,
    RequiresDuplicateDetection: true,
    RequiresSession,
    DuplicateDetectionHistoryTimeWindow: 'PT1H',
  },
});

const queues = [queue(workQueue), queue(orderedWorkQueue, true), queue(resultsQueue)];
const topology = parseTopology(JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'bench', Queues: queues }] } }));

/** What the messages of one case have led to. Cases whose states are equal are identical: nothing random is in it. */
export interface EndState {
  readonly effects: readonly string[];
  /** The effects in the order in which they happened, where messages have an order. */
  readonly order: readonly string[];
  readonly inbox: readonly string[];
  /** The ids of the outgoing messages, as an inbox of their consumers would let them through. */
  readonly results: readonly string[];
  /** Copies of outgoing messages that were not the message itself, and results of effects that are not there. */
  readonly falseResults: readonly string[];
  readonly deadLetters: readonly string[];
}

/** A broker, a database and the messages in them: one case at a time runs in a bench. */
export class Bench {
  readonly #broker: Broker;
  readonly #clock = new AdvancingClock();
  readonly #client: ServiceBusClient;
  readonly #transport: Transport;
  readonly database: BenchDatabase;
  /** The values of each outgoing message, by its id; more than one when it had false copies. */
  readonly #results = new Map<string, Set<string>>();
  readonly #deadLetters: string[] = [];
  readonly #rivals = new Set<Service>();
  /** Whether its workers consume the queue with sessions, and messages go there, into one session. */
  isOrdered = false;
  #aheadMs = 0;

  private constructor(broker: Broker, database: BenchDatabase) {
    this.#broker = broker;
    this.database = database;
    this.#client = new ServiceBusClient(broker.connectionString);
    this.#transport = createAzureServiceBusTransport({ connectionString: broker.connectionString });
  }

  static async start(server: LocalPostgres, name: string): Promise<Bench> {
    const broker = await startBroker({ topology, enforceIdleTimeouts: false });
    const bench = new Bench(broker, await BenchDatabase.create(server, name));
    bench.#collect();
    return bench;
  }

  /** What a worker of this bench is started with. */
  settings(concurrency: number): WorkerSettings {
    const { connectionString } = this.#broker;
    return {
      connectionString,
      databaseUrl: this.database.url,
      concurrency,
      isOrdered: this.isOrdered,
      aheadMs: this.#aheadMs,
    };
  }

  /** Sends one message of each kind; their ids begin with the prefix. */
  async send(prefix: string, kinds: readonly Kind[]): Promise<void> {
    const write = createEnvelopeWriter('/bench');
    const key = this.isOrdered ? { orderingKey: prefix } : {};
    const messages = kinds.map((kind, index) => {
      const contract = kind === 'stated' ? statedWork : work;
      return write(contract, { kind }, { id: `${prefix}${index}-${kind}`, ...key });
    });
    await this.#transport.send(messages.map((envelope) => ({ to: { queue: this.#queue }, envelope })));
  }

  /** Lets time pass for broker, leases and second replicas; locks end. Workers have clocks of their own. */
  async pass(ms: number): Promise<void> {
    this.#aheadMs += ms;
    this.#clock.advance(ms);
    this.#broker.clock.advance(ms);
    await this.database.pass(ms);
  }

  /** Whether every lock lasts so many milliseconds at least. */
  locksLast(ms: number): boolean {
    const { main } = this.#broker.namespace.registry.get(this.#queue);
    const from = this.#broker.clock.now() + ms;
    const locked = main.sessions === undefined ? main.from(0) : main.sessions.all();
    return [...locked].every(({ lock }) => lock === undefined || lock.until >= from);
  }

  /** Lets the broker refuse so many sends of results. */
  refuseSends(times: number): void {
    this.#broker.faults.add({
      kind: 'refuse-sends',
      entity: resultsQueue,
      condition: 'amqp:resource-limit-exceeded',
      times,
    });
  }

  /** Lets the answer to the next send of the worker get lost. */
  loseSendReply(): void {
    this.#broker.faults.add({ kind: 'lose-send-replies', entity: resultsQueue });
  }

  /** Whether a fault is still to come. */
  get hasFault(): boolean {
    return this.#broker.faults.list().length > 0;
  }

  clearFaults(): void {
    this.#broker.faults.clear();
  }

  /** Whether a session says that its message waits to be tried again, and whether one is held. */
  get sessions(): { readonly isWaiting: boolean; readonly isHeld: boolean } {
    const sessions = [...(this.#broker.namespace.registry.get(orderedWorkQueue).main.sessions?.all() ?? [])];
    return {
      isWaiting: sessions.some(({ state }) => state !== undefined && Buffer.from(state).includes('"wait"')),
      isHeld: sessions.some(({ lock }) => lock !== undefined),
    };
  }

  expireLocks(): void {
    this.#broker.faults.disrupt({ kind: 'expire-locks', entity: this.#queue });
  }

  /** A second replica, in this process. */
  async startRival(): Promise<Service> {
    const rival = await startService({ ...this.settings(4), clock: this.#clock, onError: () => undefined });
    this.#rivals.add(rival);
    return rival;
  }

  /** @param drainTimeoutMs how long its deliveries in flight are waited for */
  async stopRival(rival: Service, drainTimeoutMs: number): Promise<void> {
    if (this.#rivals.delete(rival)) await rival.stop(drainTimeoutMs);
  }

  /** Whether no message of any case waits or is being handled. */
  get isEmpty(): boolean {
    return [workQueue, orderedWorkQueue].every((name) => {
      const { active, scheduled, deferred } = this.#broker.namespace.registry.get(name).main.counts;
      return active + scheduled + deferred === 0;
    });
  }

  get #queue(): string {
    return this.isOrdered ? orderedWorkQueue : workQueue;
  }

  /** Whether nothing is left to do. */
  async isQuiet(prefix: string, kinds: readonly Kind[]): Promise<boolean> {
    if (!this.isEmpty || (await this.database.unsent()) > 0) return false;
    const { results, deadLetters } = await this.endState(prefix);
    return results.length / resultSuffixes.length + deadLetters.length >= kinds.length;
  }

  /** What the messages of a prefix have led to, the prefix taken off. */
  async endState(prefix: string): Promise<EndState> {
    const inTurn = (names: Iterable<string>): string[] =>
      [...names].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    const ids = (names: Iterable<string>): string[] => inTurn(names).sort();
    const effects = await this.database.effects(prefix);
    const values = new Map(
      effects.flatMap(({ message_id, value }) => resultSuffixes.map((suffix) => [`${message_id}${suffix}`, value])),
    );
    const isFalse = ([id, found]: [string, Set<string>]): boolean => [...found].some((one) => one !== values.get(id));
    return {
      effects: ids(effects.map(({ message_id }) => message_id)),
      order: this.isOrdered ? inTurn(effects.map(({ message_id }) => message_id)) : [],
      inbox: ids(await this.database.inbox(prefix)),
      results: ids(this.#results.keys()),
      falseResults: ids([...this.#results].filter(isFalse).map(([id]) => id)),
      deadLetters: ids(this.#deadLetters),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#rivals].map((rival) => this.stopRival(rival, 0)));
    await this.#transport.close();
    await this.#client.close();
    await this.#broker.close();
    await this.database.close();
  }

  /** Takes everything that leaves the worker. */
  #collect(): void {
    const processError = async (): Promise<void> => undefined;
    const results = this.#client.createReceiver(resultsQueue, { receiveMode: 'receiveAndDelete' });
    results.subscribe({
      processMessage: async ({ messageId, body }) => {
        const id = String(messageId);
        const values = this.#results.get(id) ?? new Set();
        this.#results.set(id, values.add((body as Done).value));
      },
      processError,
    });
    for (const name of [workQueue, orderedWorkQueue]) {
      const options = { receiveMode: 'receiveAndDelete', subQueueType: 'deadLetter' } as const;
      this.#client.createReceiver(name, options).subscribe({
        processMessage: async ({ messageId, deadLetterReason }) => {
          this.#deadLetters.push(`${String(messageId)} ${deadLetterReason}`);
        },
        processError,
      });
    }
  }
}
