import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { DeadLetters, Transport } from '@orderflow/messaging';
import { deadLetter } from '../../../test/dead-letter.js';
import { eventually } from '../../../test/eventually.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { describeOnRabbitMq, type StartedRabbitMq, startRabbitMq } from '../../../test/rabbitmq.js';
import { IndexBrowser } from './index-browser.js';
import { IndexStore } from './index-store.js';
import { IndexWatcher } from './index-watcher.js';

const [a, b, c] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];

describeOnRabbitMq('told by RabbitMQ', () => {
  let broker: StartedRabbitMq;
  let database: OrderDatabase;
  let store: IndexStore;
  let ending: AbortController;
  /** One for each test. */
  const queues = ['orders', 'billing', 'analytics', 'order-status'];
  let queue: string;

  beforeAll(async () => {
    broker = await startRabbitMq();
    database = await openOrderDatabase();
    store = new IndexStore(database.pool);
  });
  afterAll(async () => {
    await broker.close();
    await database.close();
  });
  beforeEach(() => {
    queue = queues.shift() ?? '';
    ending = new AbortController();
  });
  afterEach(() => ending.abort());

  /** A watcher for the queue of this test; `written` is called when it wrote and the broker does not know yet. */
  function watch({ deadLetters }: Transport, written: () => Promise<void> = async () => {}): Promise<void> {
    const reported: NonNullable<DeadLetters['watch']> = async (take, options) =>
      deadLetters?.watch?.(async (letters) => {
        await take(letters);
        await written();
      }, options);
    return new IndexWatcher({ deadLetters: { watch: reported }, store, queues: new Set([queue]) }).run(ending.signal);
  }

  const browserOf = (deadLetters: Required<Pick<DeadLetters, 'browse'>>) =>
    new IndexBrowser({ deadLetters, store, most: 100, pauseMs: 0, now: Date.now });
  const browse: NonNullable<DeadLetters['browse']> = (place, options) =>
    broker.transport.deadLetters.browse?.(place, options) ?? Promise.reject(new Error('This transport has no browse.'));

  async function indexed(): Promise<Readonly<Record<string, string | null>>> {
    const { rows } = await database.pool.query<{ message_id: string; outcome: string | null }>(
      'SELECT message_id, outcome FROM dead_letters WHERE queue = $1 ORDER BY position',
      [queue],
    );
    return Object.fromEntries(rows.map(({ message_id, outcome }) => [message_id, outcome]));
  }
  const shows = (letters: Readonly<Record<string, string | null>>) =>
    eventually(async () => expect(await indexed()).toEqual(letters));

  it('writes what a look would show, of the queues that are operated, and ends when it is asked to', async () => {
    const watching = watch(broker.transport);
    await deadLetter(broker.transport, 'lab', [a]);
    await deadLetter(broker.transport, queue, [a, b]);
    await shows({ a: null, b: null });
    const all = () => database.pool.query('SELECT * FROM dead_letters ORDER BY queue, position');
    const { rows: reported } = await all();
    expect(reported.map((row) => row.queue)).toEqual([queue, queue]);
    // Nothing that a look sees differs, or it would be written again.
    await store.add({ queue, letters: (await browse(queue, { most: 10 })).letters });
    expect((await all()).rows).toEqual(reported);
    ending.abort();
    await watching;
  });

  it('leaves what is gone as it is when it is told of it again, after a leader that died before its answer', async () => {
    const dying = broker.connect();
    const died = watch(dying, () => dying.close());
    await deadLetter(broker.transport, queue, [a, b]);
    await expect(died).rejects.toMatchObject({ code: 'Unreachable' });
    await shows({ a: null, b: null });
    await broker.transport.deadLetters.discard(queue, { filter: ({ id }) => id === 'a' });
    await browserOf({ browse }).refresh(queue, 1, ending.signal);
    await shows({ a: 'taken', b: null });

    let answers = 0;
    void watch(broker.transport, async () => void (answers += 1));
    await eventually(async () => expect(answers).toBeGreaterThan(0));
    expect(await indexed()).toEqual({ a: 'taken', b: null });
  });

  it('finds at the next count what was taken before it was told of it', async () => {
    await deadLetter(broker.transport, queue, [a, b]);
    await broker.transport.deadLetters.discard(queue, { filter: ({ id }) => id === 'a' });
    void watch(broker.transport);
    await shows({ a: null, b: null });
    await browserOf({ browse }).refresh(queue, 1, ending.signal);
    expect(await indexed()).toEqual({ a: 'taken', b: null });
  });

  it('is not contradicted by a look that had ended before a letter died', async () => {
    void watch(broker.transport);
    await deadLetter(broker.transport, queue, [a]);
    await shows({ a: null });
    const browser = browserOf({
      async browse(place, options) {
        const seen = await browse(place, options);
        await deadLetter(broker.transport, queue, [b, c]);
        await shows({ a: null, b: null, c: null });
        return seen;
      },
    });
    // One that somebody else took, as the count has it.
    await browser.refresh(queue, 0, ending.signal);
    expect(await indexed()).toEqual({ a: null, b: null, c: null });
  });
});
