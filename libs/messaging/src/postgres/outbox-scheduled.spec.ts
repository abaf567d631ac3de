import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { ManualClock } from '../testing/manual-clock.js';
import { outgoing } from '../testing/outgoing.js';
import { receive } from '../testing/receive.js';
import { sendWaiting } from '../testing/send-waiting.js';
import { type Outgoing, type ScheduledMessage, type SendOptions, TransportError } from '../transport.js';
import { createMemoryTransport } from '../transports/memory/index.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';

const HOUR = 3_600_000;
let database: MessagingDatabase;
let messaging: PostgresMessaging;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  await database.clear();
  messaging = createPostgresMessaging({ pool: database.pool });
});

afterAll(() => database.drop());

const deliverAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + HOUR);
const scheduled = (id: string): Outgoing => ({ ...outgoing(id), deliverAt });
const add = (...messages: Outgoing[]): Promise<void> =>
  messaging.transaction((tx) => messaging.outbox.add(tx, messages));
const cancel = (messageId: string): Promise<readonly ScheduledMessage[]> =>
  messaging.transaction((tx) => messaging.outbox.cancelScheduled(tx, { to: { queue: 'work' }, messageId, deliverAt }));
const kept = async (): Promise<unknown[]> =>
  (await database.pool.query('SELECT message_id AS id, reference, cancelled FROM outbox_scheduled ORDER BY 1')).rows;

async function setUp() {
  const clock = new ManualClock(Date.now());
  const transport = createMemoryTransport({ topology: { queues: ['work', 'other'] }, clock });
  const send = (messages: readonly Outgoing[], how?: SendOptions) => transport.send(messages, how);
  return {
    transport,
    send,
    relay: () => sendWaiting(database.pool, 100, send, transport),
    /** What arrives once its time has come. */
    async delivered(): Promise<string[]> {
      const work = await receive(transport, 'work', 10);
      await clock.advance(2 * HOUR);
      const ids: string[] = [];
      while (work.waiting > 0) ids.push((await work.complete()).envelope.id);
      return ids;
    },
  };
}

describe('a scheduled message of an outbox', () => {
  it('is taken back after it was sent, by what the cancelling answers', async () => {
    const { transport, relay, delivered } = await setUp();
    await add(scheduled('gone'), scheduled('kept'));
    await relay();
    const [answer, ...others] = await cancel('gone');
    expect([answer, others]).toEqual([{ to: { queue: 'work' }, reference: expect.any(String) }, []]);
    expect(await transport.cancelScheduled(answer as ScheduledMessage)).toBe(true);
    expect(await delivered()).toEqual(['kept']);
    await transport.close();
  });

  it('is taken back by the relay that sends it when it was cancelled before', async () => {
    const { transport, relay, delivered } = await setUp();
    await add(scheduled('gone'), scheduled('kept'));
    expect(await cancel('gone')).toEqual([]);
    expect(await relay()).toEqual({ sent: 2, errors: [] });
    expect(await delivered()).toEqual(['kept']);
    await transport.close();
  });

  it('is taken back when it is cancelled while it is on its way', async () => {
    const { transport, send, delivered } = await setUp();
    await add(scheduled('gone'));
    const sendThenCancel = async (messages: readonly Outgoing[], how?: SendOptions) => {
      await send(messages, how);
      expect(await cancel('gone')).toEqual([]);
    };
    await sendWaiting(database.pool, 100, sendThenCancel, transport);
    expect(await delivered()).toEqual([]);
    await transport.close();
  });

  it('is delivered when the transaction that cancelled it is rolled back', async () => {
    const { transport, relay, delivered } = await setUp();
    await add(scheduled('m'));
    const work = messaging.transaction(async (tx) => {
      await messaging.outbox.cancelScheduled(tx, { to: { queue: 'work' }, messageId: 'm', deliverAt });
      throw new Error('never mind');
    });
    await expect(work).rejects.toThrow('never mind');
    await relay();
    expect(await delivered()).toEqual(['m']);
    await transport.close();
  });

  it('keeps what takes each of its sends back: which one the broker dropped, only the broker knows', async () => {
    const { transport, send, delivered } = await setUp();
    const lost = async (messages: readonly Outgoing[], how?: SendOptions) => {
      await send(messages, how);
      throw new TransportError('Timeout', 'The answer was lost.', true);
    };
    await add(scheduled('m'));
    await sendWaiting(database.pool, 100, lost, transport);
    const again = (_: readonly Outgoing[], how?: SendOptions) =>
      Promise.resolve(how?.onScheduled?.(scheduled('m'), { to: { queue: 'work' }, reference: 'of a duplicate' }));
    await sendWaiting(database.pool, 100, again, transport);
    const waiting = await cancel('m');
    expect(waiting).toHaveLength(2);
    const answers = await Promise.all(waiting.map((each) => transport.cancelScheduled(each)));
    expect(answers.sort()).toEqual([false, true]);
    expect(await delivered()).toEqual([]);
    await transport.close();
  });

  it.each(['before', 'after'])(
    'is taken back when the broker answers its first send late, %s the cancelling',
    async (moment) => {
      const { transport, send, delivered } = await setUp();
      const answered: (() => void)[] = [];
      const late = async (messages: readonly Outgoing[], how?: SendOptions) => {
        await send(messages, {
          ...how,
          onScheduled: (...call) => void answered.push(() => how?.onScheduled?.(...call)),
        });
        throw new TransportError('Timeout', 'There was no answer.', true);
      };
      const takenBack: Promise<boolean>[] = [];
      const done = Promise.withResolvers<void>();
      const cancelScheduled = (message: ScheduledMessage): Promise<boolean> => {
        const answer = transport.cancelScheduled(message);
        takenBack.push(answer);
        done.resolve();
        return answer;
      };
      await add(scheduled('m'));
      await sendWaiting(database.pool, 100, late, { cancelScheduled });
      const answer = (): void => answered.forEach((each) => each());
      if (moment === 'before') {
        answer();
        while ((await kept()).length === 0) await new Promise(setImmediate);
        for (const each of await cancel('m')) await cancelScheduled(each);
      } else {
        expect(await cancel('m')).toEqual([]);
        answer();
      }
      await done.promise;
      expect(await Promise.all(takenBack)).toEqual([true]);
      expect(await delivered()).toEqual([]);
      await transport.close();
    },
  );

  it('leaves the outbox, and is reported, when it cannot be taken back', async () => {
    const { transport, send } = await setUp();
    await add(scheduled('m'));
    await cancel('m');
    const away = new TransportError('Busy', 'Later.', true);
    const report = await sendWaiting(database.pool, 100, send, { cancelScheduled: () => Promise.reject(away) });
    expect(report).toEqual({ sent: 1, errors: [away] });
    expect((await messaging.outbox.backlog()).rows).toBe(0);
    await transport.close();
  });

  it('is forgotten an hour after its time', async () => {
    const { transport, relay } = await setUp();
    await cancel('long ago');
    await database.pool.query("UPDATE outbox_scheduled SET deliver_at = now() - interval '61 minutes'");
    await add(scheduled('m'));
    await relay();
    expect(await kept()).toEqual([{ id: 'm', reference: expect.any(String), cancelled: false }]);
    await transport.close();
  });
});

it('keeps the time to live of a message, also of one that was set aside', async () => {
  await add({ ...outgoing('m'), timeToLiveMs: 90_000.5 }, outgoing('n'));
  const refuse = () => Promise.reject(new TransportError('MessageTooLarge', 'Too large.', false));
  await sendWaiting(database.pool, 100, refuse);
  const { messages } = await messaging.outbox.setAside.list();
  await messaging.outbox.setAside.resend(messages.map(({ id }) => id));
  const sent: Outgoing[] = [];
  await sendWaiting(database.pool, 100, async (some) => void sent.push(...some));
  const lifetimes = sent.map(({ envelope, timeToLiveMs }) => [envelope.id, timeToLiveMs]);
  expect(lifetimes.sort()).toEqual([
    ['m', 90_000.5],
    ['n', undefined],
  ]);
});
