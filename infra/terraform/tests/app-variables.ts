import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TERRAFORM_ROOT } from './modules.ts';

/** The table that the config schemas make (a test of theirs keeps it true): variable, what, default, example, read by. */
const TABLE = join(TERRAFORM_ROOT, '../../docs/configuration.md');
const ROW = /^\| `([A-Z_]+)` \|.*\| ([^|]+) \|$/gm;

export const APPS = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;

/** The variables that each app's config schema knows. */
export function variablesInSchema(): ReadonlyMap<string, readonly string[]> {
  const rows = [...readFileSync(TABLE, 'utf8').matchAll(ROW)].map(([, name = '', readBy = '']) => ({ name, readBy }));
  return new Map(
    APPS.map((app) => [
      app,
      rows.filter(({ readBy }) => readBy === 'all' || readBy.split(', ').includes(app)).map(({ name }) => name),
    ]),
  );
}

/** Left at the apps' own defaults when deployed: tuning, and the key that an identity replaces. */
export const NOT_SET_WHEN_DEPLOYED: readonly string[] = [
  'SERVICEBUS_CONNECTION_STRING',
  'MAX_CONCURRENCY',
  'IMMEDIATE_ATTEMPTS',
  'MAX_ATTEMPTS',
  'RETRY_BASE_DELAY',
  'RETRY_MAX_DELAY',
];

/** Read by Azure's own SDK, not by the apps' schema: which of the assigned identities the process is. */
export const READ_BY_AZURE_SDK: readonly string[] = ['AZURE_CLIENT_ID'];
