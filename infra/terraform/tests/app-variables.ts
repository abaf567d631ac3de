import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TERRAFORM_ROOT } from './modules.ts';

const SCHEMA = join(TERRAFORM_ROOT, '../../libs/service-kit/src/config/variables.ts');

/** Which groups of the config schema an app reads, as docs/configuration.md has them. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'order-api': ['process', 'broker', 'database', 'consumer', 'currency', 'lab'],
  'order-worker': ['process', 'broker', 'database', 'consumer', 'currency'],
  'billing-worker': ['process', 'broker', 'database', 'consumer', 'currency', 'paymentGateway'],
  'analytics-worker': ['process', 'broker', 'database', 'consumer', 'currency'],
};

/**
 * The variables that the apps' config schema knows, by app; read as text, since infra and apps do not import each other.
 * @throws Error when a group is no longer in the schema
 */
export function variablesInSchema(): ReadonlyMap<string, readonly string[]> {
  const source = readFileSync(SCHEMA, 'utf8');
  const groups = new Map(
    [...source.matchAll(/^export const (\w+)Variables = \{\n([\s\S]*?)^\};/gm)].map(([, group = '', body = '']) => [
      group,
      [...body.matchAll(/^ {2}([A-Z_]+): variable\(/gm)].map(([, name = '']) => name),
    ]),
  );
  return new Map(
    Object.entries(GROUPS).map(([app, names]) => [
      app,
      names.flatMap((group) => {
        const variables = groups.get(group);
        if (!variables?.length) throw new Error(`${group}Variables is not in ${SCHEMA}`);
        return variables;
      }),
    ]),
  );
}

/** Left at the apps' own defaults in Azure: tuning, and the key that an identity replaces. */
export const NOT_SET_IN_AZURE: readonly string[] = [
  'SERVICEBUS_CONNECTION_STRING',
  'MAX_CONCURRENCY',
  'IMMEDIATE_ATTEMPTS',
  'MAX_ATTEMPTS',
  'RETRY_BASE_DELAY',
  'RETRY_MAX_DELAY',
];

/** Read by Azure's own SDK, not by the apps' schema: which of the assigned identities the process is. */
export const READ_BY_AZURE_SDK: readonly string[] = ['AZURE_CLIENT_ID'];
