import type { Clock } from '../../clock.js';
import { rangeProblems, withDefaults } from '../../resolve-options.js';
import { systemClock } from '../../system-clock.js';
import { TransportError } from '../../transport.js';
import { type RabbitMqTopology, resolveTopology, type ResolvedTopology } from './topology.js';

type Urls = string | readonly string[];

/** How to reach a broker. */
export interface RabbitMqConnectionSettings {
  /**
   * `amqp://user:password@host:5672/vhost`, or `amqps://` for TLS (1.2 at least). Of several, the nodes of a cluster, the
   * next one is tried when one cannot be reached. Give a function to have it asked again for each new connection, so that
   * a password can follow the last.
   */
  readonly url: Urls | (() => Urls);
  /** For `amqps` only. */
  readonly tls?: RabbitMqTls;
}

/** PEM texts. */
export interface RabbitMqTls {
  /** Who signed the broker's certificate; the well-known authorities when absent. */
  readonly ca?: string;
  /** Our own certificate and its key, for a broker that asks for one. */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Whose certificate to expect; the host's name when absent. */
  readonly servername?: string;
}

export interface RabbitMqOptions {
  /** What there has to be on the broker. */
  readonly topology: RabbitMqTopology;
  /**
   * `assert` makes what is missing and refuses what is different, at the first connection; a user without the right to
   * configure checks only that the queues and exchanges exist, as `check` does. `assert` when absent.
   */
  readonly declare?: 'assert' | 'check';
  /** How long a request to the broker may take, in milliseconds, a send with its repetitions included; 30,000 when absent. */
  readonly requestTimeoutMs?: number;
  /** The longest pause between two attempts to reach the broker, in milliseconds; 5,000 when absent. */
  readonly maxReconnectDelayMs?: number;
  /** After how long without a sign of life a connection is given up, in seconds, 1 to 600; 15 when absent. */
  readonly heartbeatSeconds?: number;
  /**
   * The longest that a delivery stays in hand, in milliseconds: after that it goes on as a copy, and its signal is aborted.
   * Has to be less than the broker's `consumer_timeout` (30 minutes), which closes the channel. 25 minutes when absent.
   */
  readonly longestDeliveryMs?: number;
  /** After how long a message comes again whose consumer rejected, in milliseconds, up from 1,000; 60,000 when absent. */
  readonly rejectedDelayMs?: number;
  /** The largest body that the broker takes, in bytes (its `max_message_size`); 134,217,728 when absent. */
  readonly maxMessageBytes?: number;
  /** What the management page calls the connections; `orderflow` when absent. */
  readonly connectionName?: string;
  /** The machine's clock when absent. */
  readonly clock?: Clock;
}

/** The options with every default filled in. */
export type ResolvedOptions = Required<Omit<RabbitMqOptions, 'topology'>> & { readonly topology: ResolvedTopology };

/**
 * Fills in the defaults and checks the ranges.
 * @throws TransportError `InvalidOptions` that lists every value out of range, or `InvalidTopology`
 */
export function resolveOptions(options: RabbitMqOptions): ResolvedOptions {
  const resolved = withDefaults(options, {
    declare: 'assert',
    requestTimeoutMs: 30_000,
    maxReconnectDelayMs: 5_000,
    heartbeatSeconds: 15,
    longestDeliveryMs: 25 * 60_000,
    rejectedDelayMs: 60_000,
    maxMessageBytes: 128 * 1024 ** 2,
    connectionName: 'orderflow',
    clock: systemClock,
  });
  const problems = rangeProblems(resolved, {
    requestTimeoutMs: { min: 1 },
    maxReconnectDelayMs: { min: 1 },
    heartbeatSeconds: { min: 1, max: 600, whole: true },
    longestDeliveryMs: { min: 1_000 },
    rejectedDelayMs: { min: 1_000 },
    maxMessageBytes: { min: 1, whole: true },
  });
  if (problems.length > 0) {
    throw new TransportError('InvalidOptions', `Invalid RabbitMQ options: ${problems.join('; ')}.`, false);
  }
  return { ...resolved, topology: resolveTopology(options.topology) };
}

/** Where one node of the broker is, as its client wants it. The password is in here. */
export interface RabbitMqAddress {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/**
 * Reads the URLs of a connection. What is wrong is said by position: a URL has a password in it.
 * @throws TransportError `InvalidOptions` that lists every problem
 */
export function readAddresses({ url, tls }: RabbitMqConnectionSettings): readonly RabbitMqAddress[] {
  const given = typeof url === 'function' ? url() : url;
  const urls = typeof given === 'string' ? [given] : given;
  const read = urls.map(readAddress);
  const problems = read.flatMap((address, index) =>
    typeof address === 'string' ? [`URL ${index + 1} of ${urls.length} ${address}`] : [],
  );
  const addresses = read.filter((address) => typeof address !== 'string');
  if (urls.length === 0) problems.push('there is no URL');
  if (tls !== undefined && addresses.some(({ protocol }) => protocol === 'amqp')) {
    problems.push('certificates are given, and a URL begins with amqp:// and not with amqps://');
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    problems.push('a certificate and its key belong together');
  }
  if (problems.length === 0) return addresses;
  throw new TransportError('InvalidOptions', `RabbitMQ cannot be reached so: ${problems.join('; ')}.`, false);
}

function readAddress(text: string): RabbitMqAddress | string {
  const url = URL.parse(text);
  const protocol = url?.protocol.slice(0, -1);
  if (url === null || (protocol !== 'amqp' && protocol !== 'amqps') || url.hostname === '') {
    return 'is not of the form amqp://user:password@host:port/vhost';
  }
  const vhost = url.pathname.slice(1);
  if (vhost.includes('/')) return 'has a slash in its virtual host: write it as %2F';
  try {
    return {
      protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (protocol === 'amqp' ? 5672 : 5671),
      username: decodeURIComponent(url.username) || 'guest',
      password: decodeURIComponent(url.password) || 'guest',
      vhost: decodeURIComponent(vhost) || '/',
    };
  } catch {
    return 'has a % that begins no character: write it as %25';
  }
}
