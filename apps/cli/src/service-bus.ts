import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { readRuntime } from './runtime-file.js';

/** How to reach the namespace: the environment decides, then what runs on this machine. */
export type ServiceBusAddress = { readonly connectionString: string } | { readonly fullyQualifiedNamespace: string };

/** Throws a {@link CommandError} when nothing says where the broker is. */
export function findServiceBus({ workspace, environment }: CommandContext): ServiceBusAddress {
  const connectionString = environment['SERVICEBUS_CONNECTION_STRING'];
  if (connectionString) return { connectionString };
  const fullyQualifiedNamespace = environment['SERVICEBUS_FULLY_QUALIFIED_NAMESPACE'];
  if (fullyQualifiedNamespace) return { fullyQualifiedNamespace };
  const running = readRuntime(workspace.runtimeFile)?.servicebus;
  if (running === undefined) {
    throw new CommandError('There is no broker: start the system with npm start, or set SERVICEBUS_CONNECTION_STRING.');
  }
  return running;
}

/** A transport, which connects when first used. */
export async function openTransport(address: ServiceBusAddress): Promise<AzureServiceBusTransport> {
  return createAzureServiceBusTransport(
    'connectionString' in address ? address : { ...address, credential: await defaultCredential() },
    { requestTimeoutMs: 10_000, maxReconnectDelayMs: 1_000 },
  );
}

/** Whoever is logged in: the environment, a managed identity, or `az login`. */
export async function defaultCredential() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}
