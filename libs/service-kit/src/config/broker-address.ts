/** The variables that say where the broker is. */
export interface BrokerVariables {
  readonly SERVICEBUS_CONNECTION_STRING?: string | undefined;
  readonly SERVICEBUS_FULLY_QUALIFIED_NAMESPACE?: string | undefined;
}

/** A Service Bus namespace: with a key, or by its host name, for the identity of the process. */
export type BrokerAddress = { readonly connectionString: string } | { readonly fullyQualifiedNamespace: string };

/** Where the variables say that the broker is; a key wins over an identity. Undefined when they name none. */
export function brokerAddressOf(variables: BrokerVariables): BrokerAddress | undefined {
  const {
    SERVICEBUS_CONNECTION_STRING: connectionString,
    SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: fullyQualifiedNamespace,
  } = variables;
  if (connectionString) return { connectionString };
  return fullyQualifiedNamespace ? { fullyQualifiedNamespace } : undefined;
}

/** Whoever runs this process: a managed identity, the environment, or `az login`. Loaded where it is used. */
export async function processIdentity() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}
