import { secretsOfFiles } from './read-secret.js';

/** The kinds of brokers that services run on. */
export const transports = ['azure-service-bus', 'rabbitmq'] as const;
export type TransportName = (typeof transports)[number];

/** The variables that say which broker it is, and where. Those of the other kinds are not looked at. */
export interface BrokerVariables {
  readonly MESSAGING_TRANSPORT?: string | undefined;
  readonly SERVICEBUS_CONNECTION_STRING?: string | undefined;
  readonly SERVICEBUS_FULLY_QUALIFIED_NAMESPACE?: string | undefined;
  readonly RABBITMQ_URL?: string | undefined;
}

/** Where secrets may be instead: in files. */
export interface BrokerSecretFiles {
  readonly SERVICEBUS_CONNECTION_STRING_FILE?: string | undefined;
  readonly RABBITMQ_URL_FILE?: string | undefined;
}

/**
 * A Service Bus namespace, with a key or by its host name for the identity of the process; or a RabbitMQ: its URL, those of
 * several nodes separated by commas. Keys and URLs are secrets.
 */
export type BrokerAddress =
  | { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string }
  | { readonly rabbitMqUrl: string };

/** Which kind of broker the variables ask for; Service Bus when they do not say. */
export function transportOf({ MESSAGING_TRANSPORT: name }: BrokerVariables): TransportName {
  return transports.find((known) => known === name) ?? 'azure-service-bus';
}

/** Where the variables say that the broker is; a key wins over an identity. Undefined when they do not say. */
export function brokerAddressOf(variables: BrokerVariables): BrokerAddress | undefined {
  const {
    SERVICEBUS_CONNECTION_STRING: connectionString,
    SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: fullyQualifiedNamespace,
    RABBITMQ_URL: rabbitMqUrl,
  } = variables;
  if (transportOf(variables) === 'rabbitmq') return rabbitMqUrl ? { rabbitMqUrl } : undefined;
  if (connectionString) return { connectionString };
  return fullyQualifiedNamespace ? { fullyQualifiedNamespace } : undefined;
}

/**
 * The variables with the secrets that files hold: `RABBITMQ_URL_FILE` names the file of `RABBITMQ_URL`.
 * @throws Error that lists each file that cannot be read or is empty, and each secret that is given in both ways
 */
export function withBrokerSecrets(variables: BrokerVariables & BrokerSecretFiles): BrokerVariables {
  const { found, problems } = secretsOfFiles({ ...variables }, ['SERVICEBUS_CONNECTION_STRING', 'RABBITMQ_URL']);
  if (problems.length > 0) throw new Error(problems.join(' '));
  return { ...variables, ...found };
}

/** What is wrong with the variables that name the broker, in words; undefined when it has exactly one address. */
export function brokerAddressProblem(variables: BrokerVariables): string | undefined {
  if (transportOf(variables) === 'rabbitmq') {
    return variables.RABBITMQ_URL ? undefined : 'Set RABBITMQ_URL, or run `npm start -- --transport rabbitmq`.';
  }
  const given = [variables.SERVICEBUS_CONNECTION_STRING, variables.SERVICEBUS_FULLY_QUALIFIED_NAMESPACE];
  if (given.filter(Boolean).length === 1) return undefined;
  return (
    'Set either SERVICEBUS_CONNECTION_STRING or SERVICEBUS_FULLY_QUALIFIED_NAMESPACE, or MESSAGING_TRANSPORT=rabbitmq and ' +
    'RABBITMQ_URL, or run `npm start`, which offers a local broker in .orderflow/runtime.json.'
  );
}

/** The nodes of a RabbitMQ. */
export function rabbitMqUrls(written: string): readonly string[] {
  return written.split(/[\s,]+/).filter((part) => part !== '');
}

/** Whoever runs this process: a managed identity, the environment, or `az login`. Loaded where it is used. */
export async function processIdentity() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}
