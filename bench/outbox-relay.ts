/**
 * The outbox relay against a bare batched publish of the same messages, and the relay with a long backlog.
 * Run: npx node --conditions=@orderflow/source --experimental-transform-types --import ./tools/typescript.mjs bench/outbox-relay.ts
 *
 * The broker is a model, so that the figure is about the relay: 40 µs of CPU a message in the client, then waiting, so
 * that 500 messages take 57 ms, which is what confirmed publishing to RabbitMQ took where performance was first measured
 * (8,700 a second). The baseline has one batch in flight, as that one had.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '@orderflow/local-postgres';
import type { Outgoing } from '@orderflow/messaging';
import { createPostgresMessaging, messagingSchema } from '@orderflow/messaging/postgres';
import pg from 'pg';

const MESSAGES = 10_000;
const PAIRS = 5;
const BACKLOG = Number(process.env['BACKLOG'] ?? 1_000_000);

const message = (n: number): Outgoing => ({
  to: { queue: 'orders' },
  envelope: {
    id: `message-${n}`,
    type: 'order.place',
    version: 1,
    source: '/bench',
    time: '2026-01-01T00:00:00.000Z',
    orderingKey: `order-${n}`,
    contentType: 'application/json',
    headers: {},
    body: Buffer.alloc(1_024, 'x'),
  },
});

const send = async (messages: readonly Outgoing[]): Promise<void> => {
  const busyUntil = performance.now() + messages.length * 0.04;
  while (performance.now() < busyUntil);
  await pause(messages.length * 0.074);
};

const server = await startPostgres({ databases: ['bench'], durable: true });
const pool = new pg.Pool({ connectionString: server.url('bench'), max: 10 });
// The pool says goodbye without waiting for its sockets; the server that stops next may cut one of them.
pool.on('error', () => undefined);
const messaging = createPostgresMessaging({ pool });
for (const { sql } of messagingSchema) await pool.query(sql);

async function fill(count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    await messaging.outbox.add(
      pool,
      Array.from({ length: 1_000 }, (_, n) => message(from + n)),
    );
  }
}

/** Messages a second, from the first send until the relay has removed the last. */
async function relay(): Promise<number> {
  let sent = 0;
  const done = Promise.withResolvers<void>();
  const start = performance.now();
  const running = messaging.startRelay({
    transport: {
      send: async (messages) => {
        await send(messages);
        sent += messages.length;
        if (sent >= MESSAGES) done.resolve();
      },
    },
    onError: (error) => done.reject(error),
  });
  await done.promise;
  await running.stop();
  return sent / ((performance.now() - start) / 1_000);
}

async function bare(): Promise<number> {
  const messages = Array.from({ length: MESSAGES }, (_, n) => message(n));
  const start = performance.now();
  for (let from = 0; from < MESSAGES; from += 500) await send(messages.slice(from, from + 500));
  return MESSAGES / ((performance.now() - start) / 1_000);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const row = (name: string, rate: number, base: number): void =>
  console.log(`${name.padEnd(44)} ${Math.round(rate).toString().padStart(7)}/s  ${(rate / base).toFixed(2)}`);

const rates = { bare: [] as number[], relay: [] as number[], backlog: [] as number[] };
for (let pair = 0; pair < PAIRS; pair += 1) {
  rates.bare.push(await bare());
  await pool.query('TRUNCATE outbox');
  await fill(MESSAGES);
  rates.relay.push(await relay());
}
await fill(BACKLOG);
for (let pair = 0; pair < PAIRS; pair += 1) rates.backlog.push(await relay());
const base = median(rates.bare);
row('bare batched publish, 500 a batch', base, base);
row('outbox relay', median(rates.relay), base);
row(`outbox relay, ${BACKLOG} rows waiting`, median(rates.backlog), base);
const asked = performance.now();
const { rows } = await messaging.outbox.backlog();
console.log(`backlog() with ${rows} rows: ${Math.round(performance.now() - asked)} ms`);
await pool.end();
await server.stop();
