import { afterEach, describe, expect, it } from '@jest/globals';
import { type Answer, OpsAnswers } from '../../test/ops-answers.js';

let api: OpsAnswers;
const serve = async (answers: Readonly<Record<string, readonly Answer[]>>) => (api = await OpsAnswers.serve(answers));
afterEach(() => api.close());

const consumer = { app: 'billing-worker', ordered: null, paused: null, health: 'up', troubles: [] };

describe('orderflow pause and resume', () => {
  it('say what was ordered, with the reason', async () => {
    const ordered = { reason: 'counts twice', since: '2026-11-27T03:00:00.000Z' };
    await serve({
      'POST /ops/queues/billing/pause': [{ body: { ...consumer, ordered } }],
      'POST /ops/queues/billing/resume': [{ body: consumer }],
    });
    const paused = await api.run('pause', 'billing', '--note', 'counts twice');
    expect([paused.code, paused.output]).toEqual([
      0,
      'billing: paused since 2026-11-27T03:00:00.000Z, counts twice (billing-worker)\n',
    ]);
    expect((await api.run('resume', 'billing')).output).toBe('billing: consumed by billing-worker, up\n');
    expect(JSON.parse((await api.run('resume', 'billing', '--json')).output)).toEqual(consumer);
    expect(api.asked[0]).toBe('POST /ops/queues/billing/pause {"note":"counts twice"}');
  });

  it('say what a resumed queue waits for besides', async () => {
    const paused = { dependency: 'gateway', detail: 'ECONNREFUSED', since: '2026-11-27T03:00:00.000Z' };
    await serve({ 'POST /ops/queues/billing/resume': [{ body: { ...consumer, paused } }] });
    expect((await api.run('resume', 'billing')).output).toBe(
      'billing: nobody orders a pause; billing-worker waits for gateway: ECONNREFUSED\n',
    );
  });

  it('end with 1 when the worker does not answer, and with 2 without a reason', async () => {
    await serve({
      'POST /ops/queues/orders/pause': [
        { status: 503, body: { detail: 'order-worker does not do what it was asked for' } },
      ],
    });
    const away = await api.run('pause', 'orders', '--note', 'x');
    expect([away.code, away.errors]).toEqual([1, 'orderflow: order-worker does not do what it was asked for\n']);
    expect((await api.run('pause', 'orders')).code).toBe(2);
  });
});

it('orderflow queues says below its table which queues are paused, and which consumers are not well', async () => {
  const deadLetters = { indexed: 0, groups: 0, oldestAt: null, indexedTo: null };
  const queue = (name: string, more: object | null) => ({ name, counts: null, deadLetters, consumer: more });
  const paused = { ...consumer, ordered: { reason: 'look', since: '2026-11-27T03:00:00.000Z' } };
  const away = { ...consumer, app: 'order-worker', health: 'unknown', troubles: [{ part: 'answer', detail: 'none' }] };
  const items = [
    queue('billing', paused),
    queue('orders', away),
    queue('analytics', consumer),
    queue('events/subscriptions/billing', null),
  ];
  await serve({ 'GET /ops/queues': [{ body: { items } }] });
  const { output } = await api.run('queues');
  expect(output.trimEnd().split('\n').slice(-2)).toEqual([
    'billing: paused since 2026-11-27T03:00:00.000Z, look (billing-worker)',
    'orders: consumed by order-worker, unknown, answer: none',
  ]);
});

describe('orderflow outbox', () => {
  const waiting = { messages: 2, isEstimate: false, oldestAgeMs: 61_000 };
  const message = {
    ...{ id: '3-17', to: 'topic events', messageId: 'm-1', type: 'order.accepted', orderingKey: 'o-1' },
    ...{ bytes: 9, reason: 'Too large.', setAsideAt: '2026-11-27T03:00:00.000Z' },
  };

  it('lists every app, also one that does not answer', async () => {
    const outbox = { waiting, held: { keys: 1 }, setAside: { total: 3 } };
    await serve({
      'GET /ops/outbox': [
        {
          body: {
            items: [
              { app: 'order-api', outbox },
              { app: 'order-worker', outbox: null, trouble: 'It is away.' },
            ],
          },
        },
      ],
    });
    const { code, output } = await api.run('outbox', 'list');
    expect(code).toBe(0);
    expect(output).toMatch(/^order-api +2 +61 s +1 +3$/m);
    expect(output).toMatch(/^order-worker +\? +\? +\? +\?$/m);
    expect(output).toContain('It is away.');
    expect(JSON.parse((await api.run('outbox', 'list', '--json')).output)).toHaveLength(2);
  });

  it('lists what one app has set aside, and how to see more', async () => {
    const held = { keys: 1, messages: 4, items: [{ orderingKey: 'o-2', attempts: 3, due: null, lastError: 'No.' }] };
    const setAside = { total: 9, items: [message], nextCursor: '3-17' };
    await serve({
      'GET /ops/outbox/order-worker?limit=1&cursor=2-5': [{ body: { app: 'order-worker', waiting, held, setAside } }],
    });
    const { output } = await api.run('outbox', 'list', 'order-worker', '--limit', '1', '--cursor', '2-5');
    expect(output).toContain('order-worker: 2 wait, the oldest for 61 s; 1 keys are held; 9 are set aside.');
    expect(output).toMatch(/^o-2 +3 +No\.$/m);
    expect(output).toMatch(/^3-17 +2026-11-27T03:00:00.000Z +order.accepted +m-1 +o-1 +topic events +Too large\.$/m);
    expect(output).toContain('More: orderflow outbox list order-worker --cursor 3-17');
  });

  it('resends and drops, and ends with 1 when some were not there', async () => {
    await serve({
      'POST /ops/outbox/order-worker/resend': [{ body: { app: 'order-worker', messages: 2 } }],
      'POST /ops/outbox/order-worker/drop': [{ body: { app: 'order-worker', messages: 1 } }],
    });
    const change = (verb: string, ...flags: string[]) =>
      api.run('outbox', verb, 'order-worker', '3-1', '3-2', '--note', 'ticket 7', ...flags);
    const resent = await change('resend');
    expect([resent.code, resent.output]).toEqual([0, '2 of 2 messages are on their way.\n']);
    const dropped = await change('drop');
    expect([dropped.code, dropped.output]).toEqual([1, '1 of 2 messages are gone for good.\n']);
    expect(dropped.errors).toContain('1 were not set aside, or not any more');
    expect(JSON.parse((await change('resend', '--json')).output)).toEqual({ app: 'order-worker', messages: 2 });
    expect(api.asked[0]).toBe('POST /ops/outbox/order-worker/resend {"ids":["3-1","3-2"],"note":"ticket 7"}');
    expect((await api.run('outbox', 'drop', 'order-worker', '--note', 'x')).code).toBe(2);
  });
});

describe('orderflow orders trace', () => {
  const story = {
    orderId: 'o-1',
    status: 'accepted',
    lanes: ['order-api', 'order-worker', 'billing-worker'],
    steps: [
      {
        id: '1',
        kind: 'sent',
        lane: 'order-api',
        messageId: 'p',
        type: 'order.place',
        time: '2026-11-27T03:00:00.000Z',
      },
      { id: '2', kind: 'handled', lane: 'order-worker', messageId: 'p', type: 'order.place', time: null },
      {
        ...{
          id: '3',
          kind: 'dead-lettered',
          lane: 'billing-worker',
          messageId: 'order.accepted:o',
          type: 'order.accepted',
          time: null,
        },
        ...{
          notBefore: '2026-11-27T03:00:01.000Z',
          notAfter: '2026-11-27T03:00:09.000Z',
          attempts: 5,
          detail: 'Bug: No.',
        },
      },
    ],
    edges: [],
    complete: false,
    why: ['What billing-worker has handled is not known: It is away.'],
  };

  it('draws a line for each step, with dashes where a time is not known', async () => {
    await serve({ 'GET /ops/orders/o-1/story': [{ body: story }] });
    const { code, output } = await api.run('orders', 'trace', 'o-1');
    expect(code).toBe(0);
    expect(output.split('\n')).toEqual([
      'Order o-1: accepted',
      '',
      '                          ┌ order-api',
      '                          │ ┌ order-worker',
      '                          │ │ ┌ billing-worker',
      '2026-11-27T03:00:00.000Z  → │ │  sent: order.place p',
      '------------------------  │ ● │  handled: order.place p',
      '------------------------  │ │ ☠  given up after attempt 5: order.accepted:o: Bug: No. [2026-11-27T03:00:01.000Z … 2026-11-27T03:00:09.000Z]',
      'Not the whole story:',
      '  What billing-worker has handled is not known: It is away.',
      '',
    ]);
    expect(JSON.parse((await api.run('orders', 'trace', 'o-1', '--json')).output)).toEqual(story);
  });

  it('ends with 1 for an order that nobody has heard of', async () => {
    await serve({
      'GET /ops/orders/x/story': [
        {
          status: 404,
          body: { type: 'urn:orderflow:problem:order-not-found', detail: 'Nothing is known of an order x here.' },
        },
      ],
    });
    const { code, errors } = await api.run('orders', 'trace', 'x');
    expect([code, errors]).toEqual([1, 'orderflow: Nothing is known of an order x here.\n']);
  });
});
