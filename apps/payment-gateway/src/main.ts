import { type AllowList, AllowListError, createAllowList, listenedName, splitList } from '@orderflow/http-guard';
import { createGateway } from './gateway.js';

const {
  PORT = '3004',
  HOST = '127.0.0.1',
  DATA_FILE = '.orderflow/gateway/charges.jsonl',
  ALLOWED_HOSTS = '',
  ALLOWED_ORIGINS = '',
  ORDERFLOW_INSTANCE: instance,
} = process.env;

const gateway = await createGateway({
  dataFile: DATA_FILE,
  ...(instance && { instance }),
  allowed: readAllowList(),
  refused: ({ detail }) => void process.stdout.write(`A request was refused. ${detail}\n`),
});
const url = await gateway.listen({ port: Number(PORT), host: HOST });
process.stdout.write(`payment gateway listens on ${url}\n`);

let stopping: Promise<never> | undefined;
/** Exits by itself: a supervisor's channel would keep the process alive. The same signal may come twice. */
const stop = (): void => {
  stopping ??= gateway.close().then(() => process.exit(0));
};
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, stop);

/** Ends the process with a line for each entry that is wrong. */
function readAllowList(): AllowList {
  try {
    return createAllowList([...splitList(ALLOWED_HOSTS), ...listenedName(HOST)], splitList(ALLOWED_ORIGINS));
  } catch (error) {
    if (!(error instanceof AllowListError)) throw error;
    process.stderr.write(`payment gateway: ALLOWED_HOSTS and ALLOWED_ORIGINS are not usable.\n${error.message}\n`);
    return process.exit(1);
  }
}
