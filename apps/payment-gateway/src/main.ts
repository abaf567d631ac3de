import { createGateway } from './gateway.js';

const {
  PORT = '3004',
  HOST = '127.0.0.1',
  DATA_FILE = '.orderflow/gateway/charges.jsonl',
  ORDERFLOW_INSTANCE: instance,
} = process.env;

const gateway = await createGateway({ dataFile: DATA_FILE, ...(instance && { instance }) });
const url = await gateway.listen({ port: Number(PORT), host: HOST });
process.stdout.write(`payment gateway listens on ${url}\n`);

let stopping: Promise<never> | undefined;
/** Exits by itself: a supervisor's channel would keep the process alive. The same signal may come twice. */
const stop = (): void => {
  stopping ??= gateway.close().then(() => process.exit(0));
};
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, stop);
