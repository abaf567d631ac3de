/** A client in a process of its own: `client-process.ts ours|sdk CONNECTION_STRING`. Does what it is asked to, in turn. */
import { ourClient } from './our-client.js';
import type { Client, Request } from './protocol.js';
import { sdkClient } from './sdk-client.js';

const [which, connectionString = ''] = process.argv.slice(2);
const client = which === 'ours' ? ourClient(connectionString) : sdkClient(connectionString);

async function carryOut(request: Request): Promise<void> {
  if (request.do === 'prepare') client.prepare(request.count);
  else if (request.do === 'receive') await client.receive(request.count);
  else await client[request.do satisfies keyof Client]();
}

process.on('message', (request: Request) => {
  // What goes wrong ends the process, and with it the benchmark.
  void carryOut(request).then(() => process.send?.('done'));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
