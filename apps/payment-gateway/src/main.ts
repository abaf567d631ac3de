import { createGateway } from './gateway.js';

const { PORT = '3004', HOST = '127.0.0.1', DATA_FILE = '.orderflow/gateway/charges.jsonl' } = process.env;

const gateway = await createGateway({ dataFile: DATA_FILE });
const url = await gateway.listen({ port: Number(PORT), host: HOST });
process.stdout.write(`payment gateway listens on ${url}\n`);

const stop = () => void gateway.close();
process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
