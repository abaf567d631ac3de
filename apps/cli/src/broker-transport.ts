import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type BrokerAddress, brokerAddressOf, processIdentity } from '@orderflow/service-kit/broker-address';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { readRuntime } from './runtime-file.js';

/**
 * Where the broker is: the environment decides, then what runs on this machine. Throws a {@link CommandError} when
 * neither says.
 */
export function findServiceBus({ workspace, environment }: CommandContext): BrokerAddress {
  const address = brokerAddressOf(environment) ?? readRuntime(workspace.runtimeFile)?.servicebus;
  if (address === undefined) {
    throw new CommandError('There is no broker: start the system with npm start, or set SERVICEBUS_CONNECTION_STRING.');
  }
  return address;
}

/** A transport, which connects when first used. */
export async function openTransport(address: BrokerAddress): Promise<AzureServiceBusTransport> {
  return createAzureServiceBusTransport(
    'connectionString' in address ? address : { ...address, credential: await processIdentity() },
    { requestTimeoutMs: 10_000, maxReconnectDelayMs: 1_000 },
  );
}
