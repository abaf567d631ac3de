/**
 * What a backlog of 1,000,000 messages of 1 KB costs: memory each, and time for a message that comes and goes.
 * Run: npx node --conditions=@orderflow/source --experimental-transform-types --expose-gc --max-old-space-size=6000 --import ./bench/typescript.mjs bench/broker/backlog.ts
 */
import rhea from 'rhea';
import { startBroker } from '@orderflow/servicebus-emulator';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.ts';

const BACKLOG = Number(process.env['BACKLOG'] ?? 1_000_000);
const ROUNDS = 50_000;

const broker = await startBroker();
const now = broker.clock.now();
const queue = broker.namespace.createQueue('q', { maxSizeInMegabytes: 81_920 }, now);
const body = rhea.message.data_section(Buffer.alloc(1_024));
const encoded = rhea.message.encode({ message_id: 'x', body } as unknown as rhea.Message);

function send(): void {
  const { transfer } = broker.namespace.send('q', [readMessage(encoded, () => 'unused')], now);
  broker.namespace.commit(transfer, now);
}

function comeAndGo(): void {
  send();
  const message = queue.main.receive(now);
  if (message) queue.main.remove(message);
}

let from = 1;
function peekTen(): void {
  from = (from + 7_919) % BACKLOG;
  let seen = 0;
  for (const _ of queue.main.from(from)) if (++seen === 10) return;
}

/** µs each. */
function time(run: () => void): number {
  for (let i = 0; i < ROUNDS; i++) run();
  const start = performance.now();
  for (let i = 0; i < ROUNDS; i++) run();
  return ((performance.now() - start) * 1_000) / ROUNDS;
}

globalThis.gc?.();
const { rss: before } = process.memoryUsage();
const empty = time(comeAndGo);
for (let i = 0; i < BACKLOG; i++) send();
globalThis.gc?.();
const { rss: after } = process.memoryUsage();
const full = time(comeAndGo);
const lines = [
  '| what | figure | reach |',
  '|---|---|---|',
  `| memory per queued message | ${((after - before) / BACKLOG).toFixed(0)} bytes | < 2048 |`,
  `| send, receive, complete: backlog 0 | ${empty.toFixed(1)} µs | |`,
  `| send, receive, complete: backlog ${BACKLOG} | ${full.toFixed(1)} µs, ratio ${(empty / full).toFixed(2)} | ≥ 0.8 |`,
  `| peek of 10 anywhere | ${time(peekTen).toFixed(1)} µs | |`,
];
process.stdout.write(`${lines.join('\n')}\n`);
await broker.close();
