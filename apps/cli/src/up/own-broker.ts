import { join } from 'node:path';
import { brokerAddressOf, type BrokerVariables, transportOf } from '@orderflow/service-kit/broker-address';
import type { BrokerFacts } from '../broker/run-broker.js';
import type { RabbitMqFacts } from '../rabbitmq/run-rabbitmq.js';
import { brokerPort, managementPort, type PortWish, rabbitMqManagementPort } from '../services.js';
import type { ProcessSpec } from '../supervisor/process-spec.js';
import { readyWhenReported } from '../supervisor/readiness.js';
import type { Workspace } from '../workspace.js';
import type { Ports } from './ports.js';

/** What a process does, and how it is known that it does it. */
export type Work = Omit<ProcessSpec, 'name' | 'logFile' | 'pidFile' | 'beforeRetry'>;

/** Which broker a start runs itself; undefined when the environment names one that runs. */
export type OwnBroker = 'embedded' | 'rabbitmq' | undefined;

export function ownBrokerOf(environment: BrokerVariables): OwnBroker {
  if (brokerAddressOf(environment) !== undefined) return undefined;
  return transportOf(environment) === 'rabbitmq' ? 'rabbitmq' : 'embedded';
}

/** The ports that it listens on. */
export function portsOf(broker: OwnBroker): readonly PortWish[] {
  if (broker === undefined) return [];
  return [brokerPort, broker === 'rabbitmq' ? rabbitMqManagementPort : managementPort];
}

interface BrokerWork {
  readonly workspace: Workspace;
  /** Where it listens. */
  readonly host: string;
  readonly ports: Ports;
  /** Whether the embedded broker speaks TLS too. */
  readonly tls: boolean;
  readonly environment: () => NodeJS.ProcessEnv;
}

/** The embedded broker; `accept` gets what it reports. */
export function embeddedBroker(options: BrokerWork, accept: (facts: BrokerFacts) => void): Work {
  const { workspace, tls } = options;
  const flags = { data: join(workspace.state, 'broker'), ...(tls && { tls: join(workspace.state, 'tls') }) };
  return {
    ...brokerProcess('broker', flags, options),
    ready: readyWhenReported((facts) => accept(facts as BrokerFacts)),
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 15_000,
  };
}

/** The RabbitMQ of this machine; `accept` gets what it reports. Erlang takes its time, most of all on a busy machine. */
export function localRabbitMq(options: BrokerWork, accept: (facts: RabbitMqFacts) => void): Work {
  return {
    ...brokerProcess('rabbitmq', { data: join(options.workspace.state, 'rabbitmq') }, options),
    ready: readyWhenReported((facts) => accept(facts as RabbitMqFacts)),
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 45_000,
  };
}

function brokerProcess(
  command: string,
  more: Readonly<Record<string, string>>,
  { workspace, host, ports, environment }: BrokerWork,
): Pick<Work, 'script' | 'args' | 'environment'> {
  const flags = (): Readonly<Record<string, string>> => ({
    ...more,
    host,
    port: String(ports.of(brokerPort.name)),
    'management-port': String(ports.of(managementPort.name)),
  });
  return {
    script: join(workspace.bundles, 'cli.mjs'),
    args: () => [command, ...Object.entries(flags()).flatMap(([name, value]) => [`--${name}`, value])],
    environment,
  };
}
