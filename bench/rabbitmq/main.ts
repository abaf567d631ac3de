/**
 * Consuming and publishing on RabbitMQ: ours with everything it does, bare amqplib, and what others use. Each library runs
 * in a process of its own on the same broker and queue, several rounds in turn. Run: npm run bench:rabbitmq. With `--check`
 * it fails below the goals. Needs Debian's rabbitmq-server, or an empty virtual host in RABBITMQ_URL.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRabbitMqTransport, type RabbitMqTransport } from '@orderflow/messaging/rabbitmq';
import amqp from 'amqplib';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';
import { startBroker } from './broker.js';
import { fill } from './fill.js';
import { queue, topology } from './topology.js';

const rounds = Number(process.env['ROUNDS'] ?? 5);
const messages = Number(process.env['MESSAGES'] ?? 60_000);
const baseline = 'amqplib';
/** The baseline with the properties and headers of a message of ours. */
const alike = 'amqplib-alike';
const all = ['ours', baseline, alike, 'amqplib-json', 'rabbitmq-client', 'golevelup', 'nest'] as const;
/** Those of LIBRARIES besides ours and the baseline, by commas; all when it is not set. */
const chosen = process.env['LIBRARIES']?.split(',');
const libraries = all.filter((each) => ['ours', baseline, ...(chosen ?? all)].includes(each));
/** What ours has to reach of others: how many a second at least, how much CPU at most. */
const goals = {
  consume: [{ of: baseline, perSecond: 1.2, cpu: 1.25 }],
  publish: [
    { of: baseline, perSecond: 0.95, cpu: 1.2 },
    { of: alike, perSecond: 1, cpu: 1 },
  ],
} as const;

type Library = (typeof all)[number];
type What = keyof typeof goals;
interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const run = promisify(execFile);

const broker = await startBroker();
const folder = await mkdtemp(join(tmpdir(), 'bench-rabbitmq-'));
const transport = createRabbitMqTransport({ url: broker.url }, { topology });
try {
  await cp(new URL('./peers', import.meta.url), folder, { recursive: true });
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
  await transport.applyTopology();
  process.env['PROPERTIES_OF_OURS'] = JSON.stringify(await propertiesOfOurs(transport));
  const misses = [...(await compare('consume', transport)), ...(await compare('publish', transport))];
  for (const miss of misses) process.stdout.write(`Missed: ${miss}\n`);
  if (process.argv.includes('--check') && misses.length > 0) process.exitCode = 1;
} finally {
  await transport.close();
  await rm(folder, { recursive: true, force: true });
  await broker.stop();
}

/** Measures all libraries in turn and prints them. @returns the goals that were missed */
async function compare(what: What, own: RabbitMqTransport): Promise<readonly string[]> {
  const measured = new Map<Library, Measured[]>(libraries.map((library) => [library, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < libraries.length; turn += 1) {
      const library = libraries[(round + turn) % libraries.length] as Library;
      await purge();
      if (what === 'consume') await fill(broker.url, own, library === 'nest', messages);
      measured.get(library)?.push(await once(library, what));
    }
  }
  const ratio = (library: Library, of: keyof Measured, over: Library = baseline): number =>
    median(measured.get(library)?.map((each, round) => each[of] / (measured.get(over)?.[round]?.[of] ?? 0)) ?? []);
  const rows = libraries.map((library) => [
    library,
    ...(['perSecond', 'cpuMicros'] as const).flatMap((of) => [
      median(measured.get(library)?.map((each) => each[of]) ?? []).toFixed(0),
      ratio(library, of).toFixed(2),
    ]),
  ]);
  printTable([what, 'messages/s', 'of amqplib', 'CPU µs a message', 'of amqplib'], rows);
  return goals[what]
    .filter(({ of }) => libraries.includes(of))
    .flatMap(({ of, perSecond, cpu }) => {
      const [reached, cost] = [ratio('ours', 'perSecond', of), ratio('ours', 'cpuMicros', of)];
      return [
        ...(reached < perSecond ? [`${what} ${reached.toFixed(2)} of ${of} a second, wanted ${perSecond}`] : []),
        ...(cost > cpu ? [`${what} ${cost.toFixed(2)} of ${of}'s CPU, wanted ${cpu} at most`] : []),
      ];
    });
}

async function once(library: Library, what: What): Promise<Measured> {
  const args = [what, broker.url, queue, String(messages)];
  const command =
    library === 'ours'
      ? [...process.execArgv, join(import.meta.dirname, 'ours.ts'), ...args]
      : [join(folder, 'run.mjs'), library, ...args];
  const { stdout } = await run(process.execPath, command, { timeout: 300_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
}

/** What a message of ours says of itself besides its body. */
async function propertiesOfOurs(own: RabbitMqTransport): Promise<object> {
  await fill(broker.url, own, false, 1);
  const connection = await amqp.connect(broker.url);
  const message = await (await connection.createChannel()).get(queue, { noAck: true });
  await connection.close();
  if (message === false) throw new Error('The message that was sent is not there.');
  return message.properties;
}

async function purge(): Promise<void> {
  const connection = await amqp.connect(broker.url);
  await (await connection.createChannel()).purgeQueue(queue);
  await connection.close();
}
