import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderAccepted, orderPlace, paymentCaptured } from '@orderflow/contracts';
import { createEnvelopeWriter, type Envelope, type Message } from '@orderflow/messaging';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { Broker } from '@orderflow/servicebus-emulator';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { startOrderBroker, transportTo } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { receiveCommands, type ReceivedCommands } from '../../test/received-commands.js';
import { eventually } from '../../test/eventually.js';

let database: OrderDatabase;
let broker: Broker;
let worker: AzureServiceBusTransport;
let api: TestOrderApi;
let commands: ReceivedCommands;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  worker = transportTo(broker);
  commands = await receiveCommands(worker);
  api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString });
});

afterAll(async () => {
  await api.stop();
  await worker.close();
  await broker.close();
  await database.close();
});

const tea = { customerId: 'customer-1', currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };

function post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json', ...headers } };
  return fetch(`${api.url}${path}`, { method: 'POST', headers, ...json, body: JSON.stringify(body) ?? null });
}

async function get(path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${api.url}${path}`)).json()) as Record<string, unknown>;
}

async function place(order: unknown = tea): Promise<{ id: string; message: Message }> {
  const { id } = (await (await post('/orders', order)).json()) as { id: string };
  return { id, message: await commands.next(id) };
}

describe('POST /orders', () => {
  it('answers 202 with the order and where to follow it, and sends it to be decided', async () => {
    const answer = await post('/orders', tea);
    expect(answer.status).toBe(202);
    const order = (await answer.json()) as { id: string };
    expect(order).toEqual({
      id: expect.any(String),
      status: 'pending',
      ...tea,
      total: 900,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(answer.headers.get('location')).toBe(`/orders/${order.id}`);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { type, payload, envelope } = await commands.next(order.id);
    expect(type).toBe('order.place');
    expect(payload).toMatchObject({ orderId: order.id, total: 900, lines: tea.lines });
    expect(envelope).toMatchObject({ orderingKey: order.id, source: '/order-api' });
    expect(await get(`/orders/${order.id}`)).toEqual(order);
  });

  it('passes the trace of the request on', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { id } = (await (await post('/orders', tea, { traceparent })).json()) as { id: string };
    const { envelope } = await commands.next(id);
    expect(envelope.headers).toEqual({ traceparent });
    expect(envelope.correlationId).toEqual(expect.any(String));
  });

  it.each(['', '00-4bf92f3577b34da6a3ce929d0e0e4736', 'x'])(
    'passes on no trace that is none: "%s"',
    async (traceparent) => {
      const { id } = (await (await post('/orders', tea, { traceparent })).json()) as { id: string };
      expect((await commands.next(id)).envelope.headers).toEqual({});
    },
  );

  it('lists everything that is wrong with an order', async () => {
    const answer = await post('/orders', {
      customerId: '',
      currency: 'euro',
      lines: [{ sku: 'a\u0000', quantity: 1.5, unitPrice: -1, colour: 'red' }],
      scheduledFor: 'tomorrow',
      priority: 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const problem = (await answer.json()) as { errors: { pointer: string }[] };
    expect(problem).toMatchObject({ type: 'urn:orderflow:problem:invalid-request', status: 400, instance: '/orders' });
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '#/currency',
      '#/customerId',
      '#/lines/0/colour',
      '#/lines/0/quantity',
      '#/lines/0/sku',
      '#/lines/0/unitPrice',
      '#/priority',
      '#/scheduledFor',
    ]);
  });

  it.each([
    ['no lines', { ...tea, lines: [] }, '#/lines'],
    ['a total beyond exact numbers', { ...tea, lines: [{ sku: 'x', quantity: 2, unitPrice: 2 ** 53 - 1 }] }, '#/lines'],
    ['half a surrogate pair', { ...tea, customerId: 'a\ud800' }, '#/customerId'],
    ['a NUL', { ...tea, customerId: 'a\0' }, '#/customerId'],
    ['a NUL in a line', { ...tea, lines: [...tea.lines, { ...tea.lines[0], sku: '\0' }] }, '#/lines/1/sku'],
    ['another control character', { ...tea, customerId: 'a\u0007' }, '#/customerId'],
    ['the year 0000', { ...tea, scheduledFor: '0000-01-01T00:00:00Z' }, '#/scheduledFor'],
    ['a time before computers', { ...tea, scheduledFor: '1969-12-31T23:59:59Z' }, '#/scheduledFor'],
    ['a day that is none', { ...tea, scheduledFor: '2026-02-30T00:00:00Z' }, '#/scheduledFor'],
    ['a very exact time', { ...tea, scheduledFor: `2026-01-01T00:00:00.${'0'.repeat(99)}Z` }, '#/scheduledFor'],
    ['no order at all', [], '#'],
  ])('refuses %s', async (_, order, pointer) => {
    const answer = await post('/orders', order);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it.each([
    ['what is not JSON', '{', 'application/json', 400],
    ['another media type', 'a=b', 'application/xml', 415],
    ['a body beyond the limit', `"${'x'.repeat(131_072)}"`, 'application/json', 413],
  ])('answers %s with a problem document', async (_, body, type, status) => {
    const answer = await fetch(`${api.url}/orders`, { method: 'POST', body, headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ type: expect.stringMatching(/^urn:orderflow:problem:/), status });
  });

  it('leaves the decision of a scheduled order to its time', async () => {
    const scheduledFor = new Date(Date.now() + 300).toISOString();
    const { id, message } = await place({ ...tea, scheduledFor });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(scheduledFor));
    expect(message.payload).toMatchObject({ orderId: id, scheduledFor });
    expect(await get(`/orders/${id}`)).toMatchObject({ status: 'pending', scheduledFor });
  });
});

describe('GET /orders', () => {
  it('pages through the orders of a customer', async () => {
    const customerId = 'customer-who-pages';
    const placed: string[] = [];
    for (let n = 0; n < 5; n += 1) placed.push((await place({ ...tea, customerId })).id);
    const first = await get(`/orders?customerId=${customerId}&limit=3`);
    const second = await get(`/orders?customerId=${customerId}&limit=3&cursor=${String(first['nextCursor'])}`);
    const ids = [first, second].flatMap((page) => (page['items'] as { id: string }[]).map(({ id }) => id));
    expect([...ids].sort()).toEqual(placed.sort());
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('answers a cursor that is none with a problem document', async () => {
    const answer = await fetch(`${api.url}/orders?cursor=abc&status=open`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'status' }, { parameter: 'cursor' }] });
  });
});

describe.each(['/orders/nobody', '/orders/nobody/timeline'])('GET %s', (path) => {
  it('answers 404 with a problem document', async () => {
    const answer = await fetch(`${api.url}${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ type: 'urn:orderflow:problem:order-not-found', instance: path });
  });
});

describe('POST /orders/{id}/cancel', () => {
  it('asks order-worker once, however often it is called', async () => {
    const { id } = await place();
    const answers = await Promise.all([1, 2, 3].map(() => post(`/orders/${id}/cancel`, { reason: 'too late' })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await answers[0]?.json()).toMatchObject({ id, status: 'cancelling', cancelReason: 'too late' });
    expect((await commands.next(id)).payload).toMatchObject({ orderId: id, reason: 'too late' });
    expect(await get(`/orders/${id}/timeline`)).toMatchObject({
      messages: [{ type: 'order.place' }, { type: 'order.cancel' }],
    });
    expect((await post(`/orders/${id}/cancel`)).status).toBe(202);
  });

  it('distinguishes a decided order from an unknown one', async () => {
    const { id } = await place();
    await publish(orderAccepted, { order: await orderOf(id), decidedAt: new Date().toISOString(), cause: someCause });
    await eventually(async () => expect(await get(`/orders/${id}`)).toMatchObject({ status: 'accepted' }));
    const decided = await post(`/orders/${id}/cancel`);
    expect(decided.status).toBe(409);
    expect(await decided.json()).toMatchObject({ type: 'urn:orderflow:problem:order-already-decided' });
    expect(await get(`/orders/${id}`)).not.toHaveProperty('cancelRequestedAt');
    expect((await get(`/orders/${id}/timeline`))['messages']).toHaveLength(2);
    expect((await post('/orders/nobody/cancel')).status).toBe(404);
  });
});

const someCause = { messageId: 'm-1', attempt: 1 };
const write = createEnvelopeWriter('/test');

async function publish<T>(contract: Parameters<typeof write<T>>[0], payload: T): Promise<void> {
  await worker.send([{ to: { topic: 'events' }, envelope: write(contract, payload) }]);
}

async function orderOf(id: string) {
  const { customerId, currency, lines, total, createdAt } = await get(`/orders/${id}`);
  return orderPlace.parse({ orderId: id, customerId, currency, lines, total, createdAt });
}

function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}

describe('queue order-status', () => {
  it('advances the order and its timeline', async () => {
    const { id, message } = await place();
    const cause = { messageId: message.id, attempt: 1 };
    const order = await orderOf(id);
    const captured = {
      orderId: id,
      amount: 900,
      currency: 'EUR',
      invoiceId: 'invoice-1',
      orderCreatedAt: order.createdAt,
      capturedAt: later(order.createdAt, 2_000),
      cause: { messageId: 'accepted', attempt: 2 },
    };
    await publish(paymentCaptured, captured);
    await publish(orderAccepted, { order, decidedAt: later(order.createdAt, 1_000), cause });
    await eventually(async () =>
      expect(await get(`/orders/${id}/timeline`)).toMatchObject({
        messages: [
          { type: 'order.place', id: message.id },
          { type: 'order.accepted', cause },
          { type: 'payment.captured', cause: captured.cause },
        ],
      }),
    );
    expect(await get(`/orders/${id}`)).toMatchObject({ status: 'paid', invoiceId: 'invoice-1' });
  });

  it('handles an event once, however often it is delivered', async () => {
    const { id } = await place();
    const order = await orderOf(id);
    const envelope = write(orderAccepted, { order, decidedAt: new Date().toISOString(), cause: someCause });
    for (let n = 0; n < 3; n += 1) {
      await worker.send([{ to: { queue: 'order-status' }, envelope }]);
    }
    await eventually(async () => expect(await get(`/orders/${id}`)).toMatchObject({ status: 'accepted' }));
    const { messages } = (await get(`/orders/${id}/timeline`)) as { messages: unknown[] };
    expect(messages).toHaveLength(2);
  });
});

describe('queue order-status, of what nobody can store', () => {
  const order = {
    orderId: 'o-unstorable',
    ...tea,
    total: 900,
    createdAt: '2026-01-31T12:00:00.000Z',
  };
  const event = { order, decidedAt: '2026-01-31T12:00:01.000Z', cause: someCause };
  const envelope = (id: string, payload: unknown, attributes: Partial<Envelope> = {}): Envelope => ({
    ...write(orderAccepted, event),
    id,
    body: Buffer.from(JSON.stringify(payload)),
    ...attributes,
  });

  it('dead-letters it at its first delivery, and goes on', async () => {
    const unstorable = [
      envelope('customer', { ...event, order: { ...order, customerId: 'c\0' } }),
      envelope('sku', { ...event, order: { ...order, lines: [{ ...tea.lines[0], sku: '\ud800' }] } }),
      envelope('cause', { ...event, cause: { messageId: 'm\0', attempt: 1 } }),
      envelope('attempt', { ...event, cause: { messageId: 'm', attempt: 2 ** 31 } }),
      envelope('decided', { ...event, decidedAt: '0000-01-01T00:00:00Z' }),
      envelope('amount', { ...event, order: { ...order, total: 1e300 } }),
      envelope('correlation', event, { correlationId: 'c\0' }),
      envelope('header', event, { headers: { note: 'n\0' } }),
      envelope('header-name', event, { headers: { 'n\0': 'note' } }),
      envelope('key', event, { orderingKey: 'x'.repeat(3_000) }),
      envelope('time', event, { time: '0000-01-01T00:00:00Z' }),
      envelope('id\0', event),
    ];
    await worker.send(unstorable.map((one) => ({ to: { queue: 'order-status' }, envelope: one })));
    const ids = unstorable.map(({ id }) => id).sort();
    await eventually(async () => {
      const { letters } = await worker.deadLetters.peek('order-status', { limit: 250 });
      const found = letters.filter(({ id }) => ids.includes(id));
      expect(found.map(({ id }) => id).sort()).toEqual(ids);
      expect(found.map(({ id, reason, attempt }) => [id, reason, attempt])).toEqual(
        found.map(({ id }) => [id, 'InvalidPayload', 1]),
      );
    });
    expect((await fetch(`${api.url}/orders/o-unstorable`)).status).toBe(404);
    await worker.send([{ to: { queue: 'order-status' }, envelope: envelope('storable', event) }]);
    await eventually(async () => expect(await get('/orders/o-unstorable')).toMatchObject({ status: 'accepted' }));
  });
});

describe('the surroundings', () => {
  it('are healthy', async () => {
    for (const kind of ['live', 'ready', 'startup']) {
      expect([kind, (await fetch(`${api.url}/health/${kind}`)).status]).toEqual([kind, 200]);
    }
  });

  it('are measured', async () => {
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('orderflow_outbox_rows{');
    expect(metrics).toMatch(/http_request_duration_seconds_count\{[^}]*route="\/orders"/);
  });

  it('are documented, with every schema', async () => {
    const document = (await get('/docs-json')) as {
      paths: Record<string, Record<string, { requestBody?: unknown }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/orders', '/orders/{id}', '/orders/{id}/cancel', '/orders/{id}/timeline', '/send']),
    );
    expect(JSON.stringify(document.paths['/orders']?.['post']?.requestBody)).toContain('unitPrice');
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Order', 'OrderPage', 'Problem']));
    expect(await (await fetch(`${api.url}/docs`)).text()).toContain('./docs/swagger-ui.css');
    const style = await fetch(`${api.url}/docs/swagger-ui.css`);
    expect([style.status, (await style.text()).length]).toEqual([200, expect.any(Number)]);
  });
});
