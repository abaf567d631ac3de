import { startBroker } from '../../broker.js';
import { parseTopology } from '../../topology/index.js';

/** A broker of its own process, to be killed: `broker-child DIR PORT`. It prints its connection string. */
const [, , dataDir = '', port = '0'] = process.argv;

const file = { UserConfig: { Namespaces: [{ Queues: [{ Name: 'orders' }] }] } };
const broker = await startBroker({ dataDir, port: Number(port), topology: parseTopology(JSON.stringify(file)) });
process.stdout.write(`${broker.port} ${broker.connectionString}\n`);
