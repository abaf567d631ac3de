/**
 * What a backlog of 1,000,000 messages of 1 KB costs: memory each, and time for a message that comes and goes.
 * `npm run bench:broker` runs it with the others.
 */
import { startBroker } from '@orderflow/servicebus-emulator';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.js';
import { type Peer, startPeer } from './child.js';
import { encodedMessage } from './message.js';
import { connect, receiveAndComplete, sendPipelined } from './raw-client.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';

const BACKLOG = Number(process.env['BACKLOG'] ?? 1_000_000);
const PAIRS = Number(process.env['PAIRS'] ?? 5);
const WARM_UP = 4;
const ROUNDS = 20_000;
const COUNT = 10_000;
const rows: string[][] = [];

function ratio(what: string, empty: number, full: number, reach: string): void {
  rows.push([what, `${empty.toFixed(1)} µs`, `${full.toFixed(1)} µs`, (empty / full).toFixed(2), reach]);
}

interface Figure {
  /** Time for a message that is sent, received and completed over AMQP, µs. */
  readonly time: number;
  /** Broker CPU for it, µs. */
  readonly cpu: number;
}

async function overTheWire(peer: Peer): Promise<Figure> {
  const client = await connect(peer.port);
  const before = await peer.cpu();
  const seconds = (await sendPipelined(client, 'a', COUNT)) + (await receiveAndComplete(client, 'a', COUNT));
  const cpu = (await peer.cpu()) - before;
  await client.close();
  return { time: (seconds * 1_000_000) / COUNT, cpu: cpu / COUNT };
}

const [empty, full] = [await startPeer('broker-process.ts'), await startPeer('broker-process.ts')];
for (let i = 0; i < WARM_UP; i++) for (const peer of [empty, full]) await overTheWire(peer);
const before = await full.memory();
await full.fill(BACKLOG);
const bytes = ((await full.memory()) - before) / BACKLOG;
rows.push(['memory of a queued message of 1 KB', '', `${bytes.toFixed(0)} bytes`, '', '< 2048']);
const figures: { readonly empty: Figure; readonly full: Figure }[] = [];
for (let i = 0; i < PAIRS; i++) figures.push({ empty: await overTheWire(empty), full: await overTheWire(full) });
for (const [what, of, reach] of [
  ['over AMQP: send, receive, complete', 'time', '≥ 0.8'],
  ['the same, CPU of the broker', 'cpu', ''],
] as const) {
  ratio(what, median(figures.map((one) => one.empty[of])), median(figures.map((one) => one.full[of])), reach);
}
await Promise.all([empty.stop(), full.stop()]);

const broker = await startBroker();
const now = broker.clock.now();
const queue = broker.namespace.createQueue('q', { maxSizeInMegabytes: 81_920 }, now);
const { main } = queue;

function send(scheduledFor?: number): void {
  const message = { ...readMessage(encodedMessage, () => 'unused'), scheduledFor };
  const { unit } = broker.namespace.send('q', [message], now);
  broker.namespace.commit(unit, now);
}

function comeAndGo(): void {
  send();
  const message = main.receive(now);
  if (message) main.remove(message);
}

let moment = 0;
function scheduleAndCancel(): void {
  // Anywhere among those that are scheduled.
  moment = (moment + 7_919) % BACKLOG;
  send(now + 3_600_000 + moment);
  const message = main.find(main.lastSequenceNumber);
  if (message) main.remove(message);
}

let from = 1;
function peekTen(): void {
  from = (from + 7_919) % Math.max(main.lastSequenceNumber, 1);
  let seen = 0;
  for (const _ of main.from(from)) if (++seen === 10) return;
}

/** µs each. */
function time(run: () => void): number {
  const figures: number[] = [];
  for (let round = 0; round < 6; round++) {
    const start = performance.now();
    for (let i = 0; i < ROUNDS; i++) run();
    figures.push(((performance.now() - start) * 1_000) / ROUNDS);
  }
  return median(figures.slice(1));
}

const emptied = { comeAndGo: time(comeAndGo), schedule: time(scheduleAndCancel) };
for (let i = 0; i < 10; i++) send();
const peekFew = time(peekTen);
for (let i = 10; i < BACKLOG; i++) send();
globalThis.gc?.();
ratio('entities alone: send, receive, complete', emptied.comeAndGo, time(comeAndGo), '');
ratio('peek 10 from anywhere', peekFew, time(peekTen), '');
while (main.counts.active > 0) main.take(now);
for (let i = 0; i < BACKLOG; i++) send(now + 3_600_000 + ((i * 7_919) % BACKLOG));
globalThis.gc?.();
ratio('schedule and cancel, all of the backlog scheduled', emptied.schedule, time(scheduleAndCancel), '');
await broker.close();
printTable(['what', 'backlog 0', `backlog ${BACKLOG.toLocaleString('en')}`, 'ratio', 'reach'], rows);
