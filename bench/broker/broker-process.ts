/** A broker in a process of its own: prints its port, answers `cpu` with the CPU it used so far, in µs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@orderflow/servicebus-emulator';

const durable = process.argv.includes('--durable');
const dataDir = durable ? await mkdtemp(join(tmpdir(), 'bench-broker-')) : undefined;
const broker = await startBroker(dataDir === undefined ? {} : { dataDir });
for (const name of ['a', 'b']) broker.namespace.createQueue(name, { maxSizeInMegabytes: 81_920 }, broker.clock.now());
process.on('message', (request: string) => {
  if (request === 'usage') {
    const { user, system } = process.cpuUsage();
    globalThis.gc?.();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    process.send?.({ cpu: user + system, rss, heapUsed, external, arrayBuffers });
  }
});
process.on('disconnect', () => {
  void broker.close().then(async () => {
    if (dataDir !== undefined) await rm(dataDir, { recursive: true });
    process.exit(0);
  });
});
process.send?.({ port: broker.port, connectionString: broker.connectionString });
