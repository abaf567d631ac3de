/**
 * A broker in a process of its own: prints its port, and answers what `child.ts` asks. `--durable` keeps its messages on
 * the disk, `--package=FOLDER` takes the broker that was built there instead of the one of this workspace.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Emulator from '@orderflow/servicebus-emulator';
import { encodedMessage } from './message.js';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.js';

const PACKAGE = '--package=';
const built = process.argv.find((one) => one.startsWith(PACKAGE))?.slice(PACKAGE.length);
const from = built === undefined ? '@orderflow/servicebus-emulator' : pathToFileURL(join(built, 'dist/index.js')).href;
const { startBroker } = (await import(from)) as typeof Emulator;

const durable = process.argv.includes('--durable');
const dataDir = durable ? await mkdtemp(join(tmpdir(), 'bench-broker-')) : undefined;
const broker = await startBroker(dataDir === undefined ? {} : { dataDir });
const QUEUES = ['a', 'b'];
for (const name of QUEUES) broker.namespace.createQueue(name, { maxSizeInMegabytes: 81_920 }, broker.clock.now());

function fill(count: number): void {
  const now = broker.clock.now();
  for (let i = 0; i < count; i++) {
    const { unit } = broker.namespace.send('a', [readMessage(encodedMessage, () => 'unused')], now);
    broker.namespace.commit(unit, now);
  }
}

function empty(): void {
  for (const name of QUEUES) {
    const main = broker.namespace.registry.target(name)?.main;
    while (main?.take(broker.clock.now()));
  }
}

process.on('message', (request: 'cpu' | 'memory' | 'empty' | { readonly fill: number }) => {
  if (request === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  } else if (request === 'memory') {
    globalThis.gc?.();
    process.send?.(process.memoryUsage().rss);
  } else if (request === 'empty') {
    empty();
    process.send?.('emptied');
  } else {
    fill(request.fill);
    process.send?.('filled');
  }
});
process.on('disconnect', () => {
  void broker.close().then(async () => {
    if (dataDir !== undefined) await rm(dataDir, { recursive: true });
    process.exit(0);
  });
});
process.send?.({ port: broker.port, connectionString: broker.connectionString });
