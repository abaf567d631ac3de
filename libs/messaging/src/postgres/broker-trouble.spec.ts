import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Broker, type ErrorCondition, type Fault, startBroker } from '@orderflow/servicebus-emulator';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { connectionStringTo, serviceBusTopology } from '../../test/service-bus-environment.js';
import type { Relay } from '../outbox/relay-health.js';
import { outgoing } from '../testing/outgoing.js';
import { TcpProxy } from '../testing/tcp-proxy.js';
import type { Delivery, Outgoing, Settlement, Transport, TransportErrorCode } from '../transport.js';
import { createAzureServiceBusTransport } from '../transports/azure-service-bus/index.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';
import { until } from '../testing/until.js';

const ROWS = 500;
const KEYS = 20;
/** How long each trouble lasts, in ms. */
const LASTS_MS = 2_000;
const MANY = 1_000_000;

let database: MessagingDatabase;
let broker: Broker;
/** Between the transport and the broker. */
let proxy: TcpProxy;
let transport: Transport;
let messaging: PostgresMessaging;
let relay: Relay;
/** How long it takes here to send as much without trouble, in ms: all limits of time below allow for it. */
let undisturbedMs: number;
/** Calls of the transport's send, with how many messages they had. */
let sends: { readonly queue: string; readonly ids: readonly string[] }[];

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  await database.clear();
  broker = await startBroker({ topology: serviceBusTopology });
  proxy = await TcpProxy.to(broker.port);
  const azure = createAzureServiceBusTransport({ connectionString: connectionStringTo(proxy.port) });
  transport = azure;
  messaging = createPostgresMessaging({ pool: database.pool });
  sends = [];
  relay = messaging.startRelay({
    transport: {
      send: (messages, options) => {
        const [first] = messages;
        const queue = first !== undefined && 'queue' in first.to ? first.to.queue : '';
        sends.push({ queue, ids: messages.map(({ envelope }) => envelope.id) });
        return azure.send(messages, options);
      },
    },
    onError: () => undefined,
  });
  // Connected and warm, as a service is before trouble comes.
  await add([outgoing('warm-other', {}, { queue: 'other' })]);
  await until(empty);
  await add(rows('warm'));
  undisturbedMs = await until(empty);
  await take(ROWS);
  sends = [];
});

afterEach(async () => {
  await relay.stop();
  await transport.close();
  await proxy.close();
  await broker.close();
});

afterAll(() => database.drop());

const add = (messages: readonly Outgoing[]): Promise<void> =>
  messaging.transaction((tx) => messaging.outbox.add(tx, messages));
const empty = async (): Promise<boolean> => (await messaging.outbox.backlog()).rows === 0;
/** Takes so many messages out of `work`; answers their ids in the order of the queue. */
async function take(count: number): Promise<string[]> {
  const ids: string[] = [];
  const all = Promise.withResolvers<void>();
  const consume = async ({ envelope }: Delivery): Promise<Settlement> => {
    if (ids.push(envelope.id) === count) all.resolve();
    return { kind: 'complete' };
  };
  const subscription = await transport.subscribe('work', consume, { concurrency: 1, onError: all.reject });
  await all.promise;
  await subscription.stop();
  return ids;
}

/** 500 messages of 20 keys for queue `work`. */
const rows = (round: string): Outgoing[] =>
  Array.from({ length: ROWS }, (_, n) => outgoing(`${round}-${n}`, { orderingKey: `key-${n % KEYS}` }));

/** Lets every send to `work` go wrong in one way; answers how to end that. */
function fault(what: Fault): () => void {
  const { id } = broker.faults.add({ ...what, entity: 'work', times: MANY });
  return () => void broker.faults.clear(id);
}

const refusing = (condition: ErrorCondition) => () => fault({ kind: 'refuse-sends', condition });

/** The queue is gone, and made anew. */
function missing(): () => void {
  broker.namespace.delete('work', broker.clock.now());
  return () => void broker.namespace.createQueue('work', {}, broker.clock.now());
}

function disabled(): () => void {
  broker.namespace.update('work', { status: 'SendDisabled' }, broker.clock.now());
  return () => void broker.namespace.update('work', { status: 'Active' }, broker.clock.now());
}

/** The broker's host is there and nobody listens. */
function away(): () => void {
  proxy.refuse();
  return () => proxy.welcome();
}

const troubles: readonly (readonly [TransportErrorCode, () => () => void])[] = [
  ['Busy', () => fault({ kind: 'throttle' })],
  ['Timeout', () => fault({ kind: 'lose-send-replies' })],
  ['QueueFull', refusing('amqp:resource-limit-exceeded')],
  ['Unauthorized', refusing('amqp:unauthorized-access')],
  ['EntityDisabled', disabled],
  ['QueueNotFound', missing],
  ['Unreachable', away],
];

describe('a relay whose broker is in trouble', () => {
  it.each(troubles)(
    '%s: waits with few sends, says so within a second, and goes on within a second',
    async (code, begin) => {
      const end = begin();
      const begun = performance.now();
      await add(rows(code));
      const noticedMs = await until(() => relay.health().state === 'degraded');
      expect(relay.health().troubles).toMatchObject([{ destination: 'queue work', code }]);
      expect(noticedMs).toBeLessThan(Math.max(1_000, 900 + undisturbedMs));

      await add([outgoing(`${code}-elsewhere`, { orderingKey: 'key-1' }, { queue: 'other' })]);
      await until(() => sends.some(({ queue }) => queue === 'other'));
      // The other queue is away as well where the whole broker is.
      const elsewhere = code === 'Unreachable' ? 1 : 0;
      await until(() => performance.now() - begun > LASTS_MS);
      const during = sends.filter(({ queue }) => queue === 'work');
      expect(during.length).toBeLessThanOrEqual(7);
      // A batch of each worker, then probes of one message.
      expect(during.slice(2).every(({ ids }) => ids.length === 1)).toBe(true);
      expect((await messaging.outbox.backlog()).rows).toBe(ROWS + elsewhere);

      end();
      expect(await until(empty)).toBeLessThan(Math.max(1_000, 600 + 3 * undisturbedMs));
      await until(() => relay.health().state === 'running');
      expect(await messaging.outbox.backlog()).toMatchObject({ heldKeys: 0, dead: 0 });
      const arrived = (await take(ROWS)).map((id) => Number(id.split('-')[1]));
      expect(new Set(arrived).size).toBe(ROWS);
      for (let key = 0; key < KEYS; key += 1) {
        const mine = arrived.filter((n) => n % KEYS === key);
        expect(mine).toEqual([...mine].sort((one, other) => one - other));
      }
    },
  );

  it('TopicNotFound: waits with few sends, and sends all once the topic is there', async () => {
    const now = (): number => broker.clock.now();
    await add(Array.from({ length: ROWS }, (_, n) => outgoing(`event-${n}`, {}, { topic: 'missing' })));
    await until(() => relay.health().state === 'degraded');
    expect(relay.health().troubles).toMatchObject([{ destination: 'topic missing', code: 'TopicNotFound' }]);
    const begun = performance.now();
    await until(() => performance.now() - begun > LASTS_MS);
    expect(sends.length).toBeLessThanOrEqual(7);
    expect((await messaging.outbox.backlog()).rows).toBe(ROWS);

    broker.namespace.createTopic('missing', {}, now());
    expect(await until(empty)).toBeLessThan(Math.max(1_000, 600 + 3 * undisturbedMs));
    expect(await messaging.outbox.backlog()).toMatchObject({ heldKeys: 0, dead: 0 });
  });
});
