import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { poisoned, transientlyFailed } from '../../test/accepted-orders.js';
import { deadLetter } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi, type ReachedBroker } from '../../test/ops-api.js';
import { describeOnRabbitMq, startRabbitMq } from '../../test/rabbitmq.js';

const queue = 'order-status';
const letters = (count: number, make: typeof poisoned, prefix = 'm') =>
  Array.from({ length: count }, (_, n) => make(`${prefix}-${n}`));

describeOnRabbitMq('on RabbitMQ, where a look takes letters and hands them back', () => {
  let broker: ReachedBroker;
  let api: OpsApi;

  beforeAll(async () => {
    broker = await startRabbitMq();
  });
  afterAll(() => broker.close());
  beforeEach(async () => {
    const lasting = { ...broker, close: async () => {} };
    api = await OpsApi.prepareOn(lasting, { OPS_EXPORT_KEY: randomBytes(32).toString('base64') });
  });
  afterEach(async () => {
    await api.close();
    for (const used of [queue, 'billing']) await broker.transport.deadLetters.discard(used);
  });

  async function startWith(given: ReturnType<typeof letters>): Promise<void> {
    await deadLetter(api.transport, queue, given);
    await api.startReplica();
    await api.indexed(queue, given.length);
  }

  const page = async (query = '') => (await api.get(`/ops/queues/${queue}/dead-letters${query}`)).body;
  const select = async (filter: object = {}) => (await api.post('/ops/selections', { queue, filter })).body;
  const inDeadLetterQueue = async () => (await api.transport.deadLetters.peek(queue, { limit: 250 })).letters;

  async function replayed(filter: object, request: object = {}) {
    const { id: selectionId } = await select(filter);
    const { body } = await api.post('/ops/replays', { selectionId, note: 'it is back', ...request });
    let last = body;
    await eventually(async () => {
      last = (await api.get(`/ops/replays/${body.id}`)).body;
      if (last.state === 'running') throw new Error(`It runs: ${JSON.stringify(last.stages)}`);
    }, 60_000);
    return last;
  }

  it('still has a letter that was looked at 25 times, as it was', async () => {
    await startWith(letters(3, transientlyFailed));
    const { items } = await page();
    const [{ place }] = items;
    for (let look = 0; look < 25; look += 1) {
      const { status, body } = await api.get(`/ops/queues/${queue}/dead-letters/${place}`);
      expect([status, body.message.body.order.orderId]).toEqual([200, 'm-0']);
    }
    expect((await page()).items).toEqual(items);
    expect(await inDeadLetterQueue()).toMatchObject(
      ['m-0', 'm-1', 'm-2'].map((id) => ({ id, attempt: 1, generation: 0 })),
    );
    expect(await replayed({})).toMatchObject({ state: 'done' });
  });

  it('takes in what the broker put there by itself, and marks what somebody else took', async () => {
    await startWith(letters(300, transientlyFailed));
    const [first] = letters(1, transientlyFailed, 'late');
    const envelope = { source: '/test', time: new Date().toISOString(), contentType: 'application/json', headers: {} };
    await api.transport.send([
      {
        to: { queue: 'billing' },
        envelope: { ...envelope, id: 'late', type: first?.type ?? '', version: 1, body: Buffer.from('{}') },
        timeToLiveMs: 1,
      },
    ]);
    await api.indexed('billing', 1);
    const { items } = (await api.get('/ops/queues/billing/dead-letters')).body;
    expect(items).toMatchObject([{ messageId: 'late', reason: 'TTLExpiredException' }]);

    // Those that a look of the index has in hand at that moment are left out.
    for (let taken = 0; taken < 299; ) {
      taken += (await api.transport.deadLetters.discard(queue, { filter: ({ id }) => id !== 'm-7' })).discarded;
    }
    await api.indexed(queue, 1);
    expect((await page()).items).toMatchObject([{ messageId: 'm-7' }]);
    const { rows } = await api.database.pool.query(
      'SELECT outcome, count(*)::int FROM dead_letters WHERE queue = $1 GROUP BY 1 ORDER BY 1',
      [queue],
    );
    expect(rows).toEqual([
      { outcome: 'taken', count: 299 },
      { outcome: null, count: 1 },
    ]);
  });

  it('lists what a consumer gave up as it is given up, by no clock, whichever replica leads', async () => {
    // The first look of each leader is its last one for ten minutes.
    const env = { OPS_INDEX_INTERVAL: '10m' };
    const looked = async (since: Date) => {
      const { rows } = await api.database.pool.query(
        'SELECT count(*)::int AS looked FROM dead_letter_queues WHERE indexed_at > $1',
        [since],
      );
      expect(rows).toEqual([{ looked: 4 }]);
    };
    const begin = new Date();
    await api.startReplica(env);
    await eventually(() => looked(begin));
    await deadLetter(api.transport, 'billing', letters(300, poisoned));
    await api.indexed('billing', 300);
    const { items } = (await api.get('/ops/queues/billing/dead-letters?limit=250')).body;
    const { letters: seen } = await api.transport.deadLetters.peek('billing', { limit: 250 });
    expect(items.map(({ place }: { place: string }) => place)).toEqual(seen.map(({ place }) => place));

    await api.startReplica(env);
    const handover = new Date();
    await api.replicas.shift()?.stop();
    await eventually(() => looked(handover));
    await deadLetter(api.transport, 'billing', letters(40, poisoned, 'later'));
    await api.indexed('billing', 340);
  });

  it('groups, replays in stages what can be handled, and stops by itself at what cannot', async () => {
    await startWith([...letters(40, transientlyFailed), ...letters(30, poisoned, 'bad')]);
    const { items: groups } = (await api.get('/ops/groups')).body;
    expect(groups.map(({ reason, present }: { reason: string; present: number }) => [reason, present])).toEqual([
      ['AttemptsExhausted', 40],
      ['InvalidPayload', 30],
    ]);
    expect(await replayed({ reason: 'AttemptsExhausted' })).toMatchObject({
      state: 'done',
      stages: [{ confirmed: 1 }, { confirmed: 10 }, { confirmed: 29 }],
    });
    expect(await replayed({ reason: 'InvalidPayload' })).toMatchObject({
      state: 'stopped',
      why: 'stopped at stage 1: 1 of 1 failed again',
    });
    await api.indexed(queue, 30);
    const { rows } = await api.database.pool.query('SELECT count(*)::int AS handled FROM inbox');
    expect(rows).toEqual([{ handled: 40 }]);
  });

  it('loses sight of no letter while others look, in another replica as well', async () => {
    await startWith(letters(60, transientlyFailed));
    await api.startReplica();
    const { items } = await page('?limit=60');
    const done = replayed({}, { stages: ['rest'], rate: 40 });
    let isDone = false;
    void done.finally(() => (isDone = true));
    for (let n = 0; !isDone; n += 1) {
      await api.get(`/ops/queues/${queue}/dead-letters/${items[n % 60].place}`, { replica: n % 2 });
    }
    expect(await done).toMatchObject({ state: 'done', stages: [{ letters: 60, confirmed: 60, missing: 0 }] });
    expect(await inDeadLetterQueue()).toEqual([]);
  });

  it('discards the letters of a selection, and restores them', async () => {
    await startWith([...letters(5, transientlyFailed), ...letters(1, poisoned, 'bad')]);
    const { id: selectionId, count } = await select({ reason: 'AttemptsExhausted' });
    const { body } = await api.post('/ops/discards', { selectionId, confirm: count, note: 'old' });
    await eventually(async () => expect((await api.get(`/ops/discards/${body.id}`)).body.state).toBe('done'));
    expect((await inDeadLetterQueue()).map(({ id }) => id)).toEqual(['bad-0']);
    await api.post(`/ops/discards/${body.id}/restore`, { note: 'needed after all' });
    await eventually(async () => {
      const { rows } = await api.database.pool.query('SELECT count(*)::int AS handled FROM inbox');
      expect(rows).toEqual([{ handled: 5 }]);
    });
  });

  it('operates queues only: subscriptions hold nothing here', async () => {
    await api.startReplica();
    const { items } = (await api.get('/ops/queues')).body;
    const names = items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['orders', 'billing', 'analytics', 'order-status']);
  });
});
