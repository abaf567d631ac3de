import { readFile } from 'node:fs/promises';
import { AllowListError } from '@orderflow/http-guard';
import {
  type BrokerOptions,
  type LogLevel,
  openCertificate,
  parseTopology,
  startBroker,
} from '@orderflow/servicebus-emulator';
import { reportReady, untilAskedToStop } from '../child/supervised.js';
import { CommandError, UsageError } from '../command-error.js';
import { describeReadable, keepNewFilesPrivate } from '../private-files.js';
import { prepareDataDirectory } from './data-directory.js';

type Passed = 'fresh' | 'sync' | 'requireAuth' | 'enforceTokenExpiry' | 'acceptEntraTokens' | 'enforceIdleTimeouts';

export interface RunBrokerOptions extends Pick<BrokerOptions, Passed> {
  readonly port: number;
  readonly managementPort: number;
  readonly host: string;
  /** Names that it may be called by over HTTP, besides its own. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly dataDir: string;
  readonly topologyFile: string;
  /** Where `cert.pem` and `key.pem` are, or are made; undefined for a broker without TLS. */
  readonly certificateDirectory: string | undefined;
  readonly leastLogged: LogLevel;
}

/** What is reported to the supervisor when the broker listens. */
export interface BrokerFacts {
  readonly connectionString: string;
  /** For the administration client. */
  readonly adminConnectionString: string;
  /** For both over TLS, and the file with the certificate that they must trust. */
  readonly secureConnectionString?: string;
  readonly certificateFile?: string;
}

/** Runs the embedded broker until asked to stop. Throws an error that names every mistake of the topology file. */
export async function runBroker({
  topologyFile,
  certificateDirectory,
  leastLogged,
  ...options
}: RunBrokerOptions): Promise<void> {
  keepNewFilesPrivate();
  const readable = describeReadable(prepareDataDirectory(options.dataDir));
  if (readable !== undefined) print('warn', readable);
  await untilAskedToStop(async (asked) => {
    const topology = parseTopology(await readTopology(topologyFile));
    const tls =
      certificateDirectory === undefined ? {} : { tls: await openCertificate(certificateDirectory, options.host) };
    const log = logFrom(leastLogged);
    const broker = await startBroker({ ...options, ...tls, topology, log }).catch(explainStart);
    const { connectionString, adminConnectionString, secureConnectionString } = broker;
    const secure = tls.tls && secureConnectionString && { secureConnectionString, certificateFile: tls.tls.file };
    if (secure) log('info', 'Clients over TLS must trust this certificate.', { file: secure.certificateFile });
    reportReady({ connectionString, adminConnectionString, ...(secure || {}) } satisfies BrokerFacts);
    await asked;
    await broker.close();
  });
}

function explainStart(error: NodeJS.ErrnoException & { readonly port?: number }): never {
  if (error instanceof AllowListError) throw new UsageError(error.message, { cause: error });
  if (error.code !== 'EADDRINUSE') throw error;
  throw new CommandError(`Port ${error.port} is taken: name another one with --port or --management-port, or 0.`, {
    cause: error,
  });
}

async function readTopology(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read the topology: ${(error as Error).message}. --topology names another file.`, {
      cause: error,
    });
  }
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function logFrom(least: LogLevel): NonNullable<BrokerOptions['log']> {
  return (level, message, details = {}) => {
    if (LEVELS.indexOf(level) >= LEVELS.indexOf(least)) print(level, message, details);
  };
}

function print(level: LogLevel, message: string, details: object = {}): void {
  const fields = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  console.log([new Date().toISOString(), level.padEnd(5), message, ...fields].join(' '));
}
