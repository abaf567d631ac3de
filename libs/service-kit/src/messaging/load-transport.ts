import { readFileSync } from 'node:fs';
import { type Transport, TransportError } from '@orderflow/messaging';
import type { Logger } from 'pino';
import {
  type BrokerAddress,
  brokerAddressOf,
  brokerAddressProblem,
  type BrokerVariables,
  processIdentity,
  rabbitMqUrls,
  type TransportName,
} from '../config/broker-address.js';
import { secretKept, secretSource } from '../config/secret-files.js';
import { StartupError } from '../startup-error.js';
import { readBrokerTopology } from './broker-topology.js';

/**
 * How far ahead orders can be scheduled on RabbitMQ: 90 days. A queue there keeps a message for 49 days at most, and the
 * longest of those that delays are made of for 48.5.
 */
const longestDelayMs = 90 * 24 * 3_600_000;
/** What RabbitMQ has besides the topology file. Whoever operates is told of dead letters as they come. */
const onRabbitMq = { longestDelayMs, deadLetterNotices: true } as const;

/** The variables of what a transport needs besides the address of its broker. */
export interface TransportVariables {
  readonly SERVICEBUS_CONNECTION_STRING_FILE?: string | undefined;
  readonly RABBITMQ_URL_FILE?: string | undefined;
  readonly RABBITMQ_CA_FILE?: string | undefined;
  readonly RABBITMQ_CERTIFICATE_FILE?: string | undefined;
  readonly RABBITMQ_KEY_FILE?: string | undefined;
  readonly BROKER_TOPOLOGY?: string | undefined;
}

/** The variables that say which broker to use, and where it is. */
export interface TransportConfig extends BrokerVariables, TransportVariables {
  readonly MESSAGING_TRANSPORT: TransportName;
}

/** How long things may take, in milliseconds; as long as the transport lets them when absent. */
export interface TransportLimits {
  readonly requestTimeoutMs?: number;
  readonly maxReconnectDelayMs?: number;
}

/**
 * The transport to the broker that the variables name.
 * @throws StartupError when the broker has no address, or what it needs besides cannot be read
 */
export async function loadTransport(
  config: TransportConfig,
  logger: Pick<Logger, 'warn'>,
  limits: TransportLimits = {},
): Promise<Transport> {
  const address = brokerAddressOf(config);
  if (address === undefined) throw new StartupError(brokerAddressProblem(config) ?? 'The broker has no address.');
  return openTransport(address, config, { ...limits, onSecretKept: (err) => logger.warn({ err }, secretKept) });
}

export interface OpenTransportOptions extends TransportLimits {
  /** Called when the file of a secret could not be read again: the last one is used on. */
  readonly onSecretKept?: (error: unknown) => void;
}

/**
 * The one place that names transports. Each is loaded only where it is used, so that a service carries one broker's client
 * and not all of them. Connects when it is first used.
 * @throws StartupError when the address, a file that is named, or the topology cannot be used
 */
export async function openTransport(
  address: BrokerAddress,
  variables: TransportVariables = {},
  { onSecretKept = () => {}, ...limits }: OpenTransportOptions = {},
): Promise<Transport> {
  if ('rabbitMqUrl' in address) return openRabbitMq(address.rabbitMqUrl, variables, { onSecretKept, ...limits });
  const { createAzureServiceBusTransport } = await import('@orderflow/messaging/azure-service-bus');
  if (!('connectionString' in address)) {
    return createAzureServiceBusTransport({ ...address, credential: await processIdentity() }, limits);
  }
  // Where a file holds the key, each new client of the broker uses what is in it by then.
  const file = variables.SERVICEBUS_CONNECTION_STRING_FILE;
  return createAzureServiceBusTransport(
    { connectionString: secretSource(address.connectionString, file, onSecretKept) },
    limits,
  );
}

async function openRabbitMq(
  first: string,
  variables: TransportVariables,
  { onSecretKept, ...limits }: TransportLimits & { readonly onSecretKept: (error: unknown) => void },
): Promise<Transport> {
  const { createRabbitMqTransport, readServiceBusTopology } = await import('@orderflow/messaging/rabbitmq');
  const current = secretSource(first, variables.RABBITMQ_URL_FILE, onSecretKept);
  const tls = readTls(variables);
  const file = readBrokerTopology(variables.BROKER_TOPOLOGY);
  try {
    return createRabbitMqTransport(
      { url: () => rabbitMqUrls(current()), ...(tls !== undefined && { tls }) },
      { topology: { ...readServiceBusTopology(file), ...onRabbitMq }, ...limits },
    );
  } catch (cause) {
    if (cause instanceof TransportError) throw new StartupError(cause.message, { cause });
    throw cause;
  }
}

/**
 * What a topology file is on RabbitMQ, as text: one exchange, queue or binding a line.
 * @throws StartupError when the file cannot be read
 * @throws TransportError `InvalidTopology` that lists what has no counterpart there
 */
export async function describeBrokerTopology(file: string): Promise<string> {
  const { describeTopology, readServiceBusTopology } = await import('@orderflow/messaging/rabbitmq');
  return describeTopology({ ...readServiceBusTopology(readBrokerTopology(file)), ...onRabbitMq });
}

/**
 * The same as definitions that RabbitMQ imports into a virtual host.
 * @throws StartupError when the file cannot be read
 * @throws TransportError `InvalidTopology` that lists what has no counterpart there
 */
export async function brokerDefinitions(file: string, virtualHost: string): Promise<object> {
  const { readServiceBusTopology, topologyDefinitions } = await import('@orderflow/messaging/rabbitmq');
  return topologyDefinitions({ ...readServiceBusTopology(readBrokerTopology(file)), ...onRabbitMq }, virtualHost);
}

function readTls(variables: TransportVariables) {
  const files = {
    ca: variables.RABBITMQ_CA_FILE,
    cert: variables.RABBITMQ_CERTIFICATE_FILE,
    key: variables.RABBITMQ_KEY_FILE,
  };
  const given = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.map(([part, file]) => [part, readPem(file)]));
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartupError(`A certificate or key for RabbitMQ cannot be read: ${(cause as Error).message}`, { cause });
  }
}
