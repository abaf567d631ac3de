import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TERRAFORM_ROOT } from './modules.ts';

/** The page that the apps' specs compare with their config schemas: a table for every app, and one for each. */
const PAGE = join(TERRAFORM_ROOT, '../../docs/configuration.md');
const ROW = /^\| `([A-Z_]+)` \| .* \| (?:`[^`]*`|none|required) \| `[^`]*` \|$/gm;

export const APPS = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;

/** Where spans go: a deployment may say so. */
export const TRACING: readonly string[] = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_RESOURCE_ATTRIBUTES',
];

/** What depends on where an app runs, on Azure. The rest is tuning or {@link TRACING}, and stays at the apps' own defaults. */
const OF_THE_PLACE =
  /^(PORT|HOST|ALLOWED_HOSTS|LOG_LEVEL|SERVICE_VERSION|SHUTDOWN_TIMEOUT|MESSAGING_TRANSPORT|DEFAULT_CURRENCY|DATABASE_POOL_SIZE|METRICS_PORT|ORDERED|OPS|AUTH_ISSUER|AUTH_AUDIENCE|AUTH_CUSTOMER_CLAIM)$|^(?!OTEL_).*_(NAME|NAMESPACE)$|(?<!^RABBITMQ|^AUTH_TOKEN|^OPS_ALERT_WEBHOOK)_URL$/;

/** Read by Azure's own SDK, not by the apps' schema: which of the assigned identities the process is. */
export const READ_BY_AZURE_SDK: readonly string[] = ['AZURE_CLIENT_ID'];

/**
 * The variables that a deployment must give each app, from the config schemas.
 * @throws Error when the page has no table for an app
 */
export function variablesToSet(): ReadonlyMap<string, readonly string[]> {
  const sections = readFileSync(PAGE, 'utf8').split(/^## /m);
  const variablesIn = (title: string): readonly string[] => {
    const section = sections.find((text) => text.startsWith(`${title}\n`)) ?? '';
    const names = [...section.matchAll(ROW)].map(([, name = '']) => name);
    if (names.length === 0) throw new Error(`docs/configuration.md has no table under "${title}"`);
    return names.filter((name) => OF_THE_PLACE.test(name));
  };
  return new Map(APPS.map((app) => [app, [...variablesIn('Every app'), ...variablesIn(app)]]));
}
