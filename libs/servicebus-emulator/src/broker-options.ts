import type { Certificate } from './listeners/certificate.js';
import type { Log } from './log.js';
import { SYNC_MODES, type SyncMode } from './store/index.js';
import type { Topology } from './topology/index.js';

/** How a broker is started. */
export interface BrokerOptions {
  /** Where to listen. Default `127.0.0.1`. */
  readonly host?: string;
  /** Where AMQP, HTTP and TLS share a port. Default 0: any free one. */
  readonly port?: number;
  /** One more such port, for clients that expect the management API by itself; 0 is any free one. Default none. */
  readonly managementPort?: number;
  /** The entities to start with; see `parseTopology`. Default none. */
  readonly topology?: Topology;
  /** Where messages are kept, so that nothing accepted is lost. Default: in memory only. */
  readonly dataDir?: string;
  /** Begins anew: everything in {@link dataDir} is deleted first. Default false. */
  readonly fresh?: boolean;
  /** When what is kept must be on the disk itself. Default `always`: before it is accepted. */
  readonly sync?: SyncMode;
  /** Every port speaks TLS too, with this certificate or a generated one. Default none. */
  readonly tls?: Certificate | 'generate';
  /**
   * Names that HTTP and WebSocket clients may call the broker by, besides the loopback names, `host` and the address that
   * a connection arrives on. Default none: a web page could have its own name lead here.
   */
  readonly allowedHosts?: readonly string[];
  /** Origins of web pages that may send requests although they are of another site. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** Whether clients must show a valid shared access signature. Default false: anything is accepted. */
  readonly requireAuth?: boolean;
  /** With {@link requireAuth}: links are closed when their tokens expire, as on Azure. Default true. */
  readonly enforceTokenExpiry?: boolean;
  /**
   * With {@link requireAuth}: tokens of Entra ID are accepted, with every right and without a check of who issued them.
   * Default false.
   */
  readonly acceptEntraTokens?: boolean;
  /**
   * Whether idle links and connections are closed, as on Azure: by the broker's time, so also when it is moved. Clients
   * reconnect by themselves; false keeps connections open while you debug. Default true.
   */
  readonly enforceIdleTimeouts?: boolean;
  /** Called with every line of the broker's log. Default none. */
  readonly log?: Log;
}

type WithoutDefault = 'managementPort' | 'topology' | 'dataDir' | 'tls';

/** {@link BrokerOptions} with the defaults filled in. */
export type ResolvedBrokerOptions = Readonly<Required<Omit<BrokerOptions, WithoutDefault>>> & {
  readonly [Name in WithoutDefault]: BrokerOptions[Name];
};

/** Fills in the defaults; undefined stands for the default. @throws TypeError that lists everything wrong */
export function resolveBrokerOptions(options: BrokerOptions): ResolvedBrokerOptions {
  const resolved: ResolvedBrokerOptions = {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    managementPort: options.managementPort,
    topology: options.topology,
    dataDir: options.dataDir,
    fresh: options.fresh ?? false,
    sync: options.sync ?? 'always',
    tls: options.tls,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    requireAuth: options.requireAuth ?? false,
    enforceTokenExpiry: options.enforceTokenExpiry ?? true,
    acceptEntraTokens: options.acceptEntraTokens ?? false,
    enforceIdleTimeouts: options.enforceIdleTimeouts ?? true,
    log: options.log ?? (() => undefined),
  };
  const problems = problemsOf(resolved);
  if (problems.length > 0) throw new TypeError(`The broker cannot start: ${problems.join(' ')}`);
  return Object.freeze(resolved);
}

function problemsOf(options: ResolvedBrokerOptions): readonly string[] {
  const { host, port, managementPort = 0, dataDir = '.', sync, tls = 'generate', log } = options;
  const problems: string[] = [];
  const expect = (name: keyof BrokerOptions, isGood: boolean, expected: string) => {
    if (!isGood) problems.push(`${name} must be ${expected}, not ${String(options[name])}.`);
  };
  expect('host', isText(host), 'an address');
  expect('port', isPort(port), 'a whole number from 0 to 65535');
  expect('managementPort', isPort(managementPort), 'a whole number from 0 to 65535');
  expect('dataDir', isText(dataDir), 'the path of a directory');
  if (options.fresh && options.dataDir === undefined) problems.push('fresh needs dataDir: nothing else is kept.');
  expect('sync', SYNC_MODES.includes(sync), `one of ${SYNC_MODES.join(', ')}`);
  expect('tls', tls === 'generate' || (isText(tls.cert) && isText(tls.key)), "'generate' or a cert and a key");
  for (const name of [
    'fresh',
    'requireAuth',
    'enforceTokenExpiry',
    'acceptEntraTokens',
    'enforceIdleTimeouts',
  ] as const) {
    expect(name, typeof options[name] === 'boolean', 'true or false');
  }
  expect('log', typeof log === 'function', 'a function');
  return problems;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}
