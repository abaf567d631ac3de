/** A broker in a process of its own: prints its port, and answers what `child.ts` asks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@orderflow/servicebus-emulator';
import { encodedMessage } from './message.js';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.js';

const durable = process.argv.includes('--durable');
const dataDir = durable ? await mkdtemp(join(tmpdir(), 'bench-broker-')) : undefined;
const broker = await startBroker(dataDir === undefined ? {} : { dataDir });
for (const name of ['a', 'b']) broker.namespace.createQueue(name, { maxSizeInMegabytes: 81_920 }, broker.clock.now());

function fill(count: number): void {
  const now = broker.clock.now();
  for (let i = 0; i < count; i++) {
    const { unit } = broker.namespace.send('a', [readMessage(encodedMessage, () => 'unused')], now);
    broker.namespace.commit(unit, now);
  }
}

function empty(): void {
  const main = broker.namespace.registry.target('a')?.main;
  while (main?.take(broker.clock.now()));
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
