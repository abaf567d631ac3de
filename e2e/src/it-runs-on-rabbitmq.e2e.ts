import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endedOrders, getJson, type OrderView, placeOrder } from './orders.js';
import { publish } from './rabbitmq/management.js';
import { checkDeadLetters, faults, runDisturbed } from './rabbitmq/disturbed-run.js';
import { System } from './system.js';
import { until } from './until.js';

/** A few around each fault: `npx nx run e2e:rabbitmq` takes a thousand, and lets each fault end before the next. */
const count = 100;
const isInstalled = existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server');

const struck = Object.keys(faults).filter((name) => name !== 'nothing');

interface Letter {
  readonly id: string;
  readonly reason: string;
  readonly generation: number;
}

let system: System;

const letters = (queue: string): Letter[] => JSON.parse(system.run('dlq', 'list', queue, '--json')) as Letter[];

describe('on RabbitMQ', () => {
  if (!isInstalled && process.env['REQUIRE_ALL'] !== '1') {
    it.skip('needs RabbitMQ: apt-get install rabbitmq-server', () => {});
    return;
  }

  beforeAll(async () => {
    system = await System.start({}, ['--transport', 'rabbitmq']);
  });

  afterAll(async () => {
    await system?.remove();
  });

  it(`pays, charges and counts every order once although ${struck.join(', ')}`, async () => {
    expect((await runDisturbed(system, struck, count)).orders).toBe(struck.length * count);
  });

  it('gave nothing up meanwhile', () => {
    checkDeadLetters(system);
  });

  it("takes contracts and the seeds' own shapes past order-api, and tells each apart", async () => {
    const ended = await endedOrders(system);
    const before = await getJson<{ events: Record<string, number> }>(
      system.url('analytics-worker', '/analytics/summary'),
    );
    system.run('produce', '--orders', '10', '--events', '6');
    system.run('produce', '--legacy', '--orders', '5', '--events', '4');
    const orders = ended + 15;
    await until(
      '15 more orders have ended',
      () => endedOrders(system),
      (all) => all === orders,
    );
    const { events } = await until(
      'every event is counted',
      () => getJson<{ events: Record<string, number> }>(system.url('analytics-worker', '/analytics/summary')),
      ({ events }) => (events['payment.captured'] ?? 0) >= orders && (events['purchase'] ?? 0) >= 5,
    );
    expect(before.events['user.signup']).toBeUndefined();
    expect(events).toEqual({ 'order.accepted': orders, 'payment.captured': orders, 'user.signup': 5, purchase: 5 });
  });

  it('ends an order that cannot be paid as payment_failed, after the retries that it takes', async () => {
    const id = await placeOrder(system, 1_402);
    await until(
      'the declined order has ended',
      () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)),
      ({ status }) => status === 'payment_failed',
    );
  });

  it('keeps an order for its time, lets it be cancelled until then, and takes none for a time too far ahead', async () => {
    const place = (inMs: number): Promise<Response> =>
      fetch(system.url('order-api', '/orders'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          customerId: 'e2e',
          currency: 'EUR',
          lines: [{ sku: 'tea', quantity: 1, unitPrice: 100 }],
          scheduledFor: new Date(Date.now() + inMs).toISOString(),
        }),
      });
    const [kept, cancelled] = await Promise.all(
      [place(3_000), place(600_000)].map(async (answer) => (await (await answer).json()) as OrderView),
    );
    const cancel = system.url('order-api', `/orders/${cancelled?.id}/cancel`);
    expect((await fetch(cancel, { method: 'POST' })).status).toBe(202);
    for (const [order, end] of [
      [kept, 'paid'],
      [cancelled, 'cancelled'],
    ] as const) {
      await until(
        `the order is ${end}`,
        () => getJson<OrderView>(system.url('order-api', `/orders/${order?.id}`)),
        ({ status }) => status === end,
      );
    }
    const tooFar = await place(100 * 86_400_000);
    expect([tooFar.status, await tooFar.json()]).toEqual([
      400,
      expect.objectContaining({ type: 'urn:orderflow:problem:scheduled-too-far' }),
    ]);
  });

  it('sets aside what cannot be read, lists it with its reason, and replays it to that queue', async () => {
    await publish(system, 'billing', {
      payload: '{"half":',
      properties: { message_id: 'bad-1', type: 'order.accepted' },
    });
    await until(
      'it is dead',
      async () => letters('billing'),
      (all) => all.length === 1,
    );
    expect(letters('billing')).toEqual([expect.objectContaining({ id: 'bad-1', generation: 0 })]);
    expect(system.run('dlq', 'list', 'billing')).toMatch(/bad-1 .*(UnreadableBody|UnknownVersion)/);
    expect(system.run('dlq', 'replay', 'billing')).toBe('Replayed 1 to billing, 0 failed, 0 skipped.\n');
    await until(
      'it is dead again',
      async () => letters('billing'),
      (all) => all[0]?.generation === 1,
    );
    expect(letters('analytics')).toEqual([]);
    expect(system.run('dlq', 'discard', 'billing', '--all')).toBe('Discarded 1 of billing, 0 failed, 0 skipped.\n');
  });

  it("serves the lab's requests", async () => {
    const lab = (path: string, init?: RequestInit) => fetch(system.url('order-api', path), init).then((r) => r.text());
    expect(await lab('/send', { method: 'POST', body: 'Hello world!' })).toBe('true');
    expect(await lab('/peek')).toBe('["Hello world!"]');
    expect(await lab('/receive?idleTimeout=1')).toBe('["Hello world!"]');
    expect(await lab('/receive?idleTimeout=0.5')).toBe('[]');
  });

  it('is put under load, and scaled by the backlog', () => {
    const small = ['--orders', '30', '--rate', '15', '--warm-up', '3', '--polling-interval', '1', '--workers', 'auto'];
    const report = JSON.parse(system.run('load', ...small, '--cooldown-period', '1', '--json')) as {
      readonly runs: readonly {
        readonly paid: { readonly orders: number };
        readonly samples: readonly { readonly replicas: Readonly<Record<string, number>> }[];
      }[];
    };
    expect(report.runs[0]?.paid.orders).toBe(30);
    expect(report.runs[0]?.samples.at(0)?.replicas).toMatchObject({ 'order-worker': 2, 'billing-worker': 2 });
  });

  it('says what differs from the topology, and a service then waits instead of ending again and again', async () => {
    expect(system.run('topology', 'apply')).toBe('Everything of the topology is there, as it should be.\n');
    const other = { BROKER_TOPOLOGY: await withDeliveryCount(7) };
    const apply = (): string => system.runWith(other, 'topology', 'apply');
    expect(apply).toThrow(/queue "orders": inequivalent arg 'x-delivery-limit' for queue 'orders'.*queue "billing":/);

    const worker = await startAlone('order-worker', other);
    try {
      const health = await until(
        'it says what differs',
        async () => (await fetch(`${worker.url}/health/ready`)).text(),
        (text) => text.includes('The broker has another topology'),
        60_000,
      );
      expect(health).toContain('x-delivery-limit');
      expect(worker.process.exitCode).toBeNull();
      expect((await fetch(`${worker.url}/health/live`)).status).toBe(200);
    } finally {
      worker.process.kill('SIGTERM');
      await once(worker.process, 'exit');
    }
    expect(worker.process.exitCode).toBe(0);
  });
});

/** One more replica of an app, with some variables changed. */
async function startAlone(app: string, environment: Readonly<Record<string, string>>) {
  const [, script = ''] = new RegExp(`(\\S+/${app}\\.mjs)`).exec(commandOf(system.pids().get(app))) ?? [];
  const port = String(await freePort());
  const child = spawn(process.execPath, [script], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      MESSAGING_TRANSPORT: 'rabbitmq',
      RABBITMQ_URL: system.rabbitMqUrl,
      DATABASE_URL: system.databaseUrl(app),
      PORT: port,
      ...environment,
    },
    stdio: 'ignore',
  });
  return { process: child, url: `http://127.0.0.1:${port}` };
}

function commandOf(pid: number | undefined): string {
  return execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The system's topology with another number of deliveries for each queue. */
async function withDeliveryCount(deliveries: number): Promise<string> {
  const own = await readFile(new URL('../../infra/servicebus/Config.json', import.meta.url), 'utf8');
  const file = join(system.state, 'Config.json');
  await writeFile(file, own.replaceAll('"MaxDeliveryCount": 20', `"MaxDeliveryCount": ${deliveries}`));
  return file;
}
