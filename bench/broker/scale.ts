/**
 * Many of everything: subscriptions with filters, connections, sessions; and how soon the command is there.
 * `npm run bench:broker` runs it with the others.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@orderflow/servicebus-emulator';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.js';
import { startPeer } from './child.js';
import { encodedMessage } from './message.js';
import { connect, type RawConnection, receiveAndComplete, sendPipelined } from './raw-client.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';

const COMMAND = fileURLToPath(new URL('../../libs/servicebus-emulator/bin/servicebus-emulator.mjs', import.meta.url));
const rows: string[][] = [];

/** Ms from the start of the command until it says that it listens, and until an empty Node.js would have ended. */
async function startTimes(): Promise<void> {
  const command: number[] = [];
  const node: number[] = [];
  for (let i = 0; i < 7; i++) {
    let start = performance.now();
    const broker = spawn(process.execPath, [COMMAND, '--port', '0', '--management-port', '0']);
    await once(broker.stdout, 'data');
    command.push(performance.now() - start);
    broker.kill();
    await once(broker, 'exit');
    start = performance.now();
    await once(spawn(process.execPath, ['-e', '']), 'exit');
    node.push(performance.now() - start);
  }
  const figure = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;
  rows.push(['start of the command', `empty Node.js: ${figure(node)}`, figure(command), '', '< 300 ms']);
}

/** µs for a message sent to a topic. */
async function publishTo(subscriptions: number): Promise<number> {
  const broker = await startBroker();
  const now = broker.clock.now();
  broker.namespace.createTopic('t', { maxSizeInMegabytes: 81_920 }, now);
  for (let i = 0; i < subscriptions; i++) {
    const filter = { kind: 'sql', expression: `sys.Label = 'kind-${i}' AND priority > ${i % 10}` } as const;
    broker.namespace.createSubscription(`t/Subscriptions/s${i}`, {}, now, [{ name: 'only', filter }]);
  }
  const message = readMessage(encodedMessage, () => 'unused');
  const figures: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < 500; i++) broker.namespace.commit(broker.namespace.send('t', [message], now).unit, now);
    figures.push(((performance.now() - start) * 1_000) / 500);
  }
  await broker.close();
  return median(figures);
}

async function subscriptions(): Promise<void> {
  const [one, many] = [await publishTo(1), await publishTo(1_000)];
  const each = `${(((many - one) / 999) * 1_000).toFixed(0)} ns a filter`;
  rows.push([
    'publish to 1,000 subscriptions with SQL filters',
    `1: ${one.toFixed(1)} µs`,
    `${many.toFixed(0)} µs`,
    each,
    '',
  ]);
}

/** What one client costs while 1,000 others are connected, each with a link of its own. */
async function connections(): Promise<void> {
  const COUNT = 10_000;
  const peer = await startPeer('broker-process.ts');
  const client = await connect(peer.port);
  const cpu = async (): Promise<number> => {
    const figures: number[] = [];
    for (let i = 0; i < 4; i++) {
      const before = await peer.cpu();
      await sendPipelined(client, 'a', COUNT);
      await receiveAndComplete(client, 'a', COUNT);
      figures.push(((await peer.cpu()) - before) / COUNT);
    }
    return median(figures.slice(1));
  };
  const alone = await cpu();
  const before = await peer.memory();
  const start = performance.now();
  const others: RawConnection[] = [];
  for (let i = 0; i < 1_000; i++) {
    const other = await connect(peer.port);
    await once(other.connection.open_receiver({ source: { address: 'b' }, autoaccept: false }), 'receiver_open');
    others.push(other);
  }
  const each = (performance.now() - start) / 1_000;
  const memory = ((await peer.memory()) - before) / 1_000 / 1_024;
  const crowded = await cpu();
  rows.push([
    '1,000 connections: connect and attach, each',
    '',
    `${each.toFixed(1)} ms, ${memory.toFixed(0)} KB`,
    '',
    '',
  ]);
  rows.push([
    'a message among 1,000 other connections (CPU)',
    `alone: ${alone.toFixed(1)} µs`,
    `${crowded.toFixed(1)} µs`,
    (alone / crowded).toFixed(2),
    '',
  ]);
  for (const other of others) await other.close();
  await client.close();
  await peer.stop();
}

/** µs to accept a session, receive and complete its message and give it back. */
async function acceptAll(count: number): Promise<number> {
  const broker = await startBroker();
  const now = broker.clock.now();
  const options = { requiresSession: true, maxSizeInMegabytes: 81_920 };
  const { main } = broker.namespace.createQueue('q', options, now);
  const message = readMessage(encodedMessage, () => 'unused');
  for (let i = 0; i < count; i++) {
    const { unit } = broker.namespace.send('q', [{ ...message, sessionId: `session-${i}` }], now);
    broker.namespace.commit(unit, now);
  }
  const holder = { client: {}, ready: () => undefined, lost: () => undefined };
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const session = main.sessions?.acceptNext(holder, now);
    const received = session && main.receive(now, session);
    if (!session || !received) throw new Error('A session is missing.');
    main.remove(received);
    main.sessions?.release(session, holder, now);
  }
  const micros = ((performance.now() - start) * 1_000) / count;
  await broker.close();
  return micros;
}

async function sessions(): Promise<void> {
  await acceptAll(10_000); // Warms up.
  const [few, many] = [await acceptAll(100), await acceptAll(10_000)];
  const ratio = (few / many).toFixed(2);
  rows.push([
    'accept next, complete, release: 10,000 sessions',
    `100: ${few.toFixed(1)} µs`,
    `${many.toFixed(1)} µs`,
    ratio,
    '',
  ]);
}

await startTimes();
await subscriptions();
await connections();
await sessions();
printTable(['what', 'baseline', 'ours', 'ratio', 'reach'], rows);
