import type { Capabilities, DeadLetters, QueueInspection, Transport } from '@orderflow/messaging';
import type { Runtime } from '@orderflow/service-kit';
import {
  type BrokerAddress,
  brokerAddressOf,
  brokerAddressProblem,
  withBrokerSecrets,
} from '@orderflow/service-kit/broker-address';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { readRuntime } from './runtime-file.js';
import { topologyFileOf } from './topology-file.js';

/** A broker as commands use it: with dead letters and counts, which every broker that we run on has. */
export interface CommandTransport extends Transport {
  readonly deadLetters: DeadLetters;
  readonly inspection: QueueInspection;
}

const needed: readonly (keyof Capabilities)[] = ['browsing', 'queueCounts'];

/**
 * Where the broker is: the environment decides, a file of a secret that it names as well, then what runs on this machine.
 * Throws a {@link CommandError} when neither says.
 */
export function findBroker({ workspace, environment }: CommandContext): BrokerAddress {
  const address = namedBroker(environment) ?? brokerOf(readRuntime(workspace.runtimeFile));
  if (address !== undefined) return address;
  const asked = environment['MESSAGING_TRANSPORT'] ? brokerAddressProblem(environment) : undefined;
  throw new CommandError(
    asked ?? 'There is no broker: start the system with npm start, or set SERVICEBUS_CONNECTION_STRING.',
  );
}

/** The broker that the environment names; undefined when it names none. Throws a {@link CommandError} for a file that is no secret. */
export function namedBroker(environment: NodeJS.ProcessEnv): BrokerAddress | undefined {
  try {
    return brokerAddressOf(withBrokerSecrets(environment));
  } catch (cause) {
    throw new CommandError((cause as Error).message, { cause });
  }
}

/** The broker of a system on this machine; undefined when it uses one that only its environment names. */
export function brokerOf(runtime: Runtime | undefined): BrokerAddress | undefined {
  if (runtime?.rabbitmq !== undefined) return { rabbitMqUrl: runtime.rabbitmq.url };
  return runtime?.servicebus && { connectionString: runtime.servicebus.connectionString };
}

/** The variables that lead a service to a broker, and to no other. */
export function brokerVariablesOf(address: BrokerAddress): Readonly<Record<string, string>> {
  const none = { SERVICEBUS_CONNECTION_STRING: '', SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: '', RABBITMQ_URL: '' };
  if ('rabbitMqUrl' in address) return { ...none, MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL: address.rabbitMqUrl };
  const variable =
    'connectionString' in address
      ? { SERVICEBUS_CONNECTION_STRING: address.connectionString }
      : { SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: address.fullyQualifiedNamespace };
  return { ...none, MESSAGING_TRANSPORT: 'azure-service-bus', ...variable };
}

/** A transport to {@link findBroker}'s, or to the one named, which connects when first used. */
export async function openBroker(
  context: CommandContext,
  address: BrokerAddress = findBroker(context),
): Promise<CommandTransport> {
  const [{ openTransport }, { requireCapabilities }] = await Promise.all([
    import('@orderflow/service-kit/transport'),
    import('@orderflow/messaging'),
  ]);
  const variables = { ...context.environment, BROKER_TOPOLOGY: topologyFileOf(context) };
  const limits = { requestTimeoutMs: 10_000, maxReconnectDelayMs: 1_000 };
  const transport = await openTransport(address, variables, limits);
  requireCapabilities(transport, needed);
  return transport as CommandTransport;
}
