import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deadLetter } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

const order = {
  orderId: 'o-1',
  customerId: 'ada@example.com',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
  total: 450,
  createdAt: '2026-01-01T00:00:00.000Z',
};

let api: OpsApi;

beforeAll(async () => {
  api = await OpsApi.start();
  await api.deadLetter('orders', [
    { id: 'a', orderingKey: 'o-1', detail: 'Gave up after 5 tries.', reason: 'AttemptsExhausted', body: order },
    { id: 'b', orderingKey: 'o-2', detail: 'Gave up after 6 tries.', reason: 'AttemptsExhausted', body: order },
    { id: 'c', type: 'unheard.of', reason: 'UnknownType', detail: 'Unknown.', body: { email: 'ada@example.com' } },
  ]);
});
afterAll(() => api.close());

const letters = (query = '') => api.get(`/ops/queues/orders/dead-letters${query}`);
const idsOf = ({ body }: { readonly body: { readonly items: readonly { readonly messageId: string }[] } }) =>
  body.items.map(({ messageId }) => messageId);

describe('GET /ops/queues', () => {
  it('lists queues and subscriptions with the counts of the broker and of the index', async () => {
    const { status, body } = await api.get('/ops/queues');
    expect(status).toBe(200);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual([
      'orders',
      'billing',
      'analytics',
      'order-status',
      'events/subscriptions/billing',
      'events/subscriptions/analytics',
      'events/subscriptions/order-status',
    ]);
    await eventually(async () =>
      expect((await api.get('/ops/queues/orders')).body).toEqual({
        name: 'orders',
        replaysTo: 'orders',
        counts: { active: 0, deadLetters: 3, scheduled: 0, asOf: expect.any(String) },
        deadLetters: { indexed: 3, groups: 2, indexedTo: expect.any(String), oldestAt: expect.any(String) },
        consumer: null,
      }),
    );
    await eventually(async () =>
      expect((await api.get('/ops/queues/events%2Fsubscriptions%2Fbilling')).body).toMatchObject({
        name: 'events/subscriptions/billing',
        replaysTo: 'billing',
        counts: { active: 0, deadLetters: 0 },
      }),
    );
  });

  it('answers their counts over time', async () => {
    const from = new Date(Date.now() - 60_000).toISOString();
    await eventually(async () => {
      const { body } = await api.get(`/ops/queues/orders/history?from=${from}&step=3600`);
      expect(body.items).toEqual([{ at: from, active: expect.any(Number), deadLetters: 3, scheduled: 0 }]);
    });
    const { status, body } = await api.get('/ops/queues/orders/history?from=yesterday&step=0&colour=red');
    expect(status).toBe(400);
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual([
      'colour',
      'from',
      'step',
    ]);
    const endless = await api.get('/ops/queues/orders/history?from=2020-01-01T00:00:00Z&step=1');
    expect(endless.body.errors).toEqual([{ parameter: 'step', detail: expect.stringContaining('2000 steps') }]);
  });
});

describe('GET /ops/queues/{queue}/dead-letters', () => {
  it('pages by key, oldest first, and says how many there are', async () => {
    const first = await letters('?limit=2');
    expect([idsOf(first), first.body.total, first.body.totalIs]).toEqual([['a', 'b'], 3, 'exact']);
    const second = await letters(`?limit=2&cursor=${first.body.nextCursor}`);
    expect([idsOf(second), second.body.nextCursor]).toEqual([['c'], undefined]);
  });

  it('filters by reason, type, group, order, message, generation and age', async () => {
    const { group, enqueuedAt } = (await letters()).body.items[0];
    const later = new Date(Date.parse(enqueuedAt) + 86_400_000).toISOString();
    const found = async (query: string) => {
      const answer = await letters(query);
      expect(answer.body.total).toBe(answer.body.items.length);
      return idsOf(answer);
    };
    expect(await found('?reason=UnknownType')).toEqual(['c']);
    expect(await found('?type=order.place')).toEqual(['a', 'b']);
    expect(await found(`?group=${group}`)).toEqual(['a', 'b']);
    expect(await found('?orderId=o-2&reason=AttemptsExhausted')).toEqual(['b']);
    expect(await found('?messageId=c')).toEqual(['c']);
    expect(await found('?generation=0')).toHaveLength(3);
    expect(await found('?generation=1')).toEqual([]);
    expect(await found(`?to=${enqueuedAt}`)).toEqual([]);
    expect(await found(`?from=${enqueuedAt}&to=${later}`)).toHaveLength(3);
  });

  it('says everything that is wrong with a query', async () => {
    const { status, body } = await letters('?limit=251&group=x&from=noon&colour=red&cursor=YWZ0ZXI&generation=-1');
    expect([status, body.type]).toEqual([400, 'urn:orderflow:problem:invalid-request']);
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual([
      'colour',
      'cursor',
      'from',
      'generation',
      'group',
      'limit',
    ]);
  });

  it('does not know every queue', async () => {
    for (const path of ['/ops/queues/nowhere', '/ops/queues/nowhere/dead-letters', '/ops/groups?queue=nowhere']) {
      const { status, body } = await api.get(path);
      expect([status, body.type]).toEqual([404, 'urn:orderflow:problem:queue-not-found']);
    }
  });
});

describe('GET /ops/queues/{queue}/dead-letters/{place}', () => {
  const one = async (id: string) => {
    const found = (await letters(`?messageId=${id}`)).body.items[0];
    return api.get(`/ops/queues/orders/dead-letters/${found.place}`);
  };

  it('shows the message without what its contract calls sensitive', async () => {
    const { body } = await one('a');
    expect(body).toMatchObject({
      messageId: 'a',
      reason: 'AttemptsExhausted',
      attempt: 1,
      message: {
        source: '/test',
        contentType: 'application/json',
        headers: { traceparent: expect.any(String) },
        body: { ...order, customerId: '[redacted]' },
        redacted: true,
      },
      links: { order: '/orders/o-1', group: `/ops/groups/${body.group}` },
    });
    expect((await one('c')).body.message).toMatchObject({ body: { email: '[15 characters]' }, redacted: true });
  });

  it('knows no letter that was never there', async () => {
    for (const place of ['999999', 'x']) {
      const { status, body } = await api.get(`/ops/queues/orders/dead-letters/${place}`);
      expect([status, body.type]).toEqual([404, 'urn:orderflow:problem:dead-letter-not-found']);
    }
  });

  it('says what became of one that is gone', async () => {
    await api.deadLetter('billing', [{ id: 'gone' }, { id: 'stays' }]);
    const [{ place }] = (await api.get('/ops/queues/billing/dead-letters')).body.items;
    await api.transport.deadLetters.discard('billing', { filter: ({ id }) => id === 'gone' });
    await api.indexed('billing', 1);
    const { status, body } = await api.get(`/ops/queues/billing/dead-letters/${place}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ messageId: 'gone', gone: { outcome: 'taken' }, message: null });
  });
});

describe('GET /ops/groups', () => {
  it('counts exactly what is alike', async () => {
    const { body } = await api.get('/ops/groups?queue=orders');
    expect(body).toMatchObject({
      total: 2,
      items: [
        { reason: 'AttemptsExhausted', pattern: 'Gave up after <n> tries.', present: 2, total: 2 },
        { reason: 'UnknownType', present: 1 },
      ],
    });
    const [group] = body.items;
    expect((await api.get(`/ops/groups/${group.id}`)).body).toEqual(group);
    expect((await api.get('/ops/groups?limit=1&queue=orders')).body).toMatchObject({ total: 2, items: [{}] });
    expect((await api.get('/ops/groups/0123456789abcdef')).status).toBe(404);
    expect((await api.get('/ops/groups?sort=colour')).status).toBe(400);
  });
});

describe('while the broker is away', () => {
  it('answers from the index, and 503 for what only the broker knows', async () => {
    const away = await OpsApi.start();
    await deadLetter(away.transport, 'orders', [{ id: 'a' }]);
    await away.indexed('orders', 1);
    await away.transport.close();
    await away.broker.close();
    const list = await away.get('/ops/queues/orders/dead-letters');
    expect(idsOf(list)).toEqual(['a']);
    const { status, body, headers } = await away.get(`/ops/queues/orders/dead-letters/${list.body.items[0].place}`);
    expect([status, body.type]).toEqual([503, 'urn:orderflow:problem:broker-unavailable']);
    expect(headers.get('retry-after')).toBe('5');
    await away.close();
  });
});

it('serves none of it unless it is asked to', async () => {
  const replica = await api.startReplica({ OPS: 'false' });
  expect((await fetch(`${replica.url}/ops/queues`)).status).toBe(404);
});
