import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderAccepted } from '@orderflow/contracts';
import { eventually } from '../../test/eventually.js';
import { OrdersInProgress, someCause, tea } from '../../test/orders-in-progress.js';

let orders: OrdersInProgress;

beforeAll(async () => {
  orders = await OrdersInProgress.start();
});

afterAll(() => orders.close());

describe('POST /orders', () => {
  it('answers 202 with the order and where to follow it, and sends it to be decided', async () => {
    const answer = await orders.post('/orders', tea);
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
    const { type, payload, envelope } = await orders.commands.next(order.id);
    expect(type).toBe('order.place');
    expect(payload).toMatchObject({ orderId: order.id, total: 900, lines: tea.lines });
    expect(envelope).toMatchObject({ orderingKey: order.id, source: '/order-api' });
    expect(await orders.get(`/orders/${order.id}`)).toEqual(order);
  });

  it('passes the trace of the request on', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { id } = (await (await orders.post('/orders', tea, { traceparent })).json()) as { id: string };
    const { envelope } = await orders.commands.next(id);
    expect(envelope.headers).toEqual({ traceparent });
    expect(envelope.correlationId).toEqual(expect.any(String));
  });

  it.each(['', '00-4bf92f3577b34da6a3ce929d0e0e4736', 'x'])(
    'passes on no trace that is none: "%s"',
    async (traceparent) => {
      const { id } = (await (await orders.post('/orders', tea, { traceparent })).json()) as { id: string };
      expect((await orders.commands.next(id)).envelope.headers).toEqual({});
    },
  );

  it('lists everything that is wrong with an order', async () => {
    const answer = await orders.post('/orders', {
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
    const answer = await orders.post('/orders', order);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it.each([
    ['what is not JSON', '{', 'application/json', 400],
    ['another media type', 'a=b', 'application/xml', 415],
    ['a body beyond the limit', `"${'x'.repeat(131_072)}"`, 'application/json', 413],
  ])('answers %s with a problem document', async (_, body, type, status) => {
    const answer = await fetch(`${orders.url}/orders`, { method: 'POST', body, headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ type: expect.stringMatching(/^urn:orderflow:problem:/), status });
  });

  it('leaves the decision of a scheduled order to its time', async () => {
    const scheduledFor = new Date(Date.now() + 300).toISOString();
    const { id, message } = await orders.place({ ...tea, scheduledFor });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(scheduledFor));
    expect(message.payload).toMatchObject({ orderId: id, scheduledFor });
    expect(await orders.get(`/orders/${id}`)).toMatchObject({ status: 'pending', scheduledFor });
  });
});

describe('GET /orders', () => {
  it('pages through the orders of a customer', async () => {
    const customerId = 'customer-who-pages';
    const placed: string[] = [];
    for (let n = 0; n < 5; n += 1) placed.push((await orders.place({ ...tea, customerId })).id);
    const first = await orders.get(`/orders?customerId=${customerId}&limit=3`);
    const second = await orders.get(`/orders?customerId=${customerId}&limit=3&cursor=${String(first['nextCursor'])}`);
    const ids = [first, second].flatMap((page) => (page['items'] as { id: string }[]).map(({ id }) => id));
    expect([...ids].sort()).toEqual(placed.sort());
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('answers a cursor that is none with a problem document', async () => {
    const answer = await fetch(`${orders.url}/orders?cursor=abc&status=open`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'status' }, { parameter: 'cursor' }] });
  });
});

describe.each(['/orders/nobody', '/orders/nobody/timeline'])('GET %s', (path) => {
  it('answers 404 with a problem document', async () => {
    const answer = await fetch(`${orders.url}${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ type: 'urn:orderflow:problem:order-not-found', instance: path });
  });
});

describe('POST /orders/{id}/cancel', () => {
  it('asks order-worker once, however often it is called', async () => {
    const { id } = await orders.place();
    const answers = await Promise.all([1, 2, 3].map(() => orders.post(`/orders/${id}/cancel`, { reason: 'too late' })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await answers[0]?.json()).toMatchObject({ id, status: 'cancelling', cancelReason: 'too late' });
    expect((await orders.commands.next(id)).payload).toMatchObject({ orderId: id, reason: 'too late' });
    expect(await orders.get(`/orders/${id}/timeline`)).toMatchObject({
      messages: [{ type: 'order.place' }, { type: 'order.cancel' }],
    });
    expect((await orders.post(`/orders/${id}/cancel`)).status).toBe(202);
  });

  it('distinguishes a decided order from an unknown one', async () => {
    const { id } = await orders.place();
    await orders.publish(orderAccepted, {
      order: await orders.orderOf(id),
      decidedAt: new Date().toISOString(),
      cause: someCause,
    });
    await eventually(async () => expect(await orders.get(`/orders/${id}`)).toMatchObject({ status: 'accepted' }));
    const decided = await orders.post(`/orders/${id}/cancel`);
    expect(decided.status).toBe(409);
    expect(await decided.json()).toMatchObject({ type: 'urn:orderflow:problem:order-already-decided' });
    expect(await orders.get(`/orders/${id}`)).not.toHaveProperty('cancelRequestedAt');
    expect((await orders.get(`/orders/${id}/timeline`))['messages']).toHaveLength(2);
    expect((await orders.post('/orders/nobody/cancel')).status).toBe(404);
  });
});

describe('the surroundings', () => {
  it('are healthy', async () => {
    for (const kind of ['live', 'ready', 'startup']) {
      expect([kind, (await fetch(`${orders.url}/health/${kind}`)).status]).toEqual([kind, 200]);
    }
  });

  it('are measured', async () => {
    const metrics = await (await fetch(`${orders.url}/metrics`)).text();
    expect(metrics).toContain('orderflow_outbox_rows{');
    expect(metrics).toMatch(/http_request_duration_seconds_count\{[^}]*route="\/orders"/);
  });

  it('are documented, with every schema', async () => {
    const document = (await orders.get('/docs-json')) as {
      paths: Record<string, Record<string, { requestBody?: unknown }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/orders', '/orders/{id}', '/orders/{id}/cancel', '/orders/{id}/timeline', '/send']),
    );
    expect(JSON.stringify(document.paths['/orders']?.['post']?.requestBody)).toContain('unitPrice');
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Order', 'OrderPage', 'Problem']));
    expect(await (await fetch(`${orders.url}/docs`)).text()).toContain('./docs/swagger-ui.css');
    const style = await fetch(`${orders.url}/docs/swagger-ui.css`);
    expect([style.status, (await style.text()).length]).toEqual([200, expect.any(Number)]);
  });
});
