import { readFile } from 'node:fs/promises';
import { type Broker, startBroker } from '../broker.js';
import type { BrokerOptions } from '../broker-options.js';
import type { Log, LogLevel } from '../log.js';
import type { SyncMode } from '../store/index.js';
import { type CertificateFiles, openCertificate } from '../listeners/certificate-files.js';
import { parseTopology, type Topology } from '../topology/index.js';

export interface ServeFlags {
  readonly config?: string;
  readonly data?: string;
  readonly fresh?: boolean;
  readonly sync: SyncMode;
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
  readonly allowHost: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly tls?: string;
  readonly requireAuth?: boolean;
  readonly ignoreTokenExpiry?: boolean;
  readonly acceptEntraTokens?: boolean;
  readonly keepIdleClients?: boolean;
  readonly log: LogLevel;
}

/** Runs a broker until the process is asked to stop. @throws an error that says what is wrong with the flags or the file */
export async function serve(flags: ServeFlags): Promise<void> {
  const certificate = flags.tls === undefined ? undefined : await openCertificate(flags.tls, flags.host);
  const broker = await start(flags, certificate);
  process.stdout.write(welcome(broker, certificate));
  await stopSignal();
  await broker.close();
}

async function start(flags: ServeFlags, certificate: CertificateFiles | undefined): Promise<Broker> {
  const { config, data, sync, host, port, managementPort, log } = flags;
  const topology = config === undefined ? undefined : await readTopology(config);
  const options: BrokerOptions = {
    host,
    port,
    managementPort,
    allowedHosts: flags.allowHost,
    allowedOrigins: flags.allowOrigin,
    sync,
    requireAuth: flags.requireAuth,
    enforceTokenExpiry: !flags.ignoreTokenExpiry,
    acceptEntraTokens: flags.acceptEntraTokens,
    enforceIdleTimeouts: !flags.keepIdleClients,
    log: logFrom(log),
    tls: certificate,
    topology,
    dataDir: data,
    fresh: flags.fresh,
  };
  return startBroker(options).catch((error: NodeJS.ErrnoException & { readonly port?: number }) => {
    if (error.code !== 'EADDRINUSE') throw error;
    const flag = error.port === managementPort ? '--management-port' : '--port';
    throw new Error(`Port ${error.port} is taken. Choose another one with ${flag}, or stop what uses it.`);
  });
}

async function readTopology(file: string): Promise<Topology> {
  try {
    return parseTopology(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function welcome(broker: Broker, certificate: CertificateFiles | undefined): string {
  const { connectionString, adminConnectionString, secureConnectionString, host, managementPort } = broker;
  const url = `http://${host}:${managementPort}`;
  const secure = [
    `  over TLS        ${secureConnectionString}`,
    `  certificate     NODE_EXTRA_CA_CERTS=${certificate?.file}`,
  ];
  return [
    'The broker is ready. It is for laptops, tests and CI: in production use Azure Service Bus itself.',
    `  clients         ${connectionString}`,
    `  administration  ${adminConnectionString}`,
    ...(certificate ? secure : []),
    `  look inside     ${url}/entities   ${url}/traffic   ${url}/health`,
    '',
  ].join('\n');
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function logFrom(least: LogLevel): Log {
  return (level, message, details = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const fields = Object.entries(details).map(([name, value]) => ` ${name}=${String(value)}`);
    process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}${fields.join('')}\n`);
  };
}

/** Resolves at the first signal. Later ones are ignored: a terminal sends Ctrl-C to npm as well, which repeats it. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}
