import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type HclBlock, type HclValue, parseHcl } from './hcl.ts';

/** A directory's files as HCL. */
export async function parseDirectory(directory: string): Promise<readonly HclBlock[]> {
  const files = readdirSync(directory).filter((name) => name.endsWith('.tf'));
  return Promise.all(files.map((file) => parseHcl(join(directory, file))));
}

type Bodies = Readonly<Record<string, readonly HclBlock[]>>;

const blocks = (value: HclValue | undefined): readonly HclBlock[] =>
  Array.isArray(value) ? (value as HclBlock[]) : [];
const named = (value: HclValue | undefined): Bodies => (value ?? {}) as Bodies;

/** What Azure changes by itself: a plan that sets it back would replace the resource, or fail. */
const CHANGED_BY_AZURE: Readonly<Record<string, readonly string[]>> = {
  azurerm_postgresql_flexible_server: ['storage_mb', 'zone', 'high_availability[0].standby_availability_zone'],
};

/** Below it azurerm does not know `features.servicebus.auto_delete_subscription_default_rule`. */
const OLDEST_PROVIDER = [4, 81] as const;

/** What a plan does not show: lifecycle, the provider's features and its version. */
export async function checkHclRules(directory: string): Promise<readonly string[]> {
  const parsed = await parseDirectory(directory);
  return [
    ...parsed.flatMap(ignoresWhatAzureChanges),
    ...parsed.flatMap(pinsTheProvider),
    ...parsed.flatMap(hidesSecrets),
    ...keepsStateApart(directory, parsed),
    ...(await removesDefaultRules(directory, parsed)),
  ];
}

function ignoresWhatAzureChanges(file: HclBlock): readonly string[] {
  return Object.entries(CHANGED_BY_AZURE).flatMap(([type, changed]) =>
    Object.entries(named(named(file['resource'])[type] as HclValue | undefined)).flatMap(([name, [body]]) => {
      const ignored = JSON.stringify(blocks(body?.['lifecycle'])[0]?.['ignore_changes'] ?? []);
      return changed
        .filter((argument) => !ignored.includes(`"\${${argument}}"`))
        .map((argument) => `${type}.${name} does not ignore ${argument}, which Azure changes by itself`);
    }),
  );
}

function pinsTheProvider(file: HclBlock): readonly string[] {
  return blocks(file['terraform'])
    .flatMap((terraform) => blocks(terraform['required_providers']))
    .flatMap(({ azurerm }) => {
      const version = String((azurerm as HclBlock | undefined)?.['version']);
      const [, major, minor, next] = /^>= (\d+)\.(\d+)(?:\.\d+)?, < (\d+)$/.exec(version)?.map(Number) ?? [];
      const [oldestMajor, oldestMinor] = OLDEST_PROVIDER;
      const pinned = major === oldestMajor && Number(minor) >= oldestMinor && next === oldestMajor + 1;
      return pinned ? [] : [`azurerm "${version}" is not pinned to ${OLDEST_PROVIDER.join('.')} or newer, below 5`];
    });
}

const SECRET = /connection_string|password|access_key|secret_value|(?:^|_)token$/;

/** An output is printed after every apply, and by every pipeline. */
function hidesSecrets(file: HclBlock): readonly string[] {
  return Object.entries(named(file['output'])).flatMap(([name, [body]]) =>
    SECRET.test(name) && body?.['sensitive'] !== true ? [`output ${name} is printed: it must be sensitive`] : [],
  );
}

/** A file on somebody's disk is neither shared nor locked; only dev, which anybody can make again, keeps its state in one. */
function keepsStateApart(directory: string, parsed: readonly HclBlock[]): readonly string[] {
  const [, environment = ''] = /environments[\\/]([\w-]+)$/.exec(directory) ?? [];
  const backends = parsed
    .flatMap((file) => blocks(file['terraform']))
    .flatMap(({ backend }) => Object.keys((backend ?? {}) as HclBlock));
  return !environment.startsWith('prod') || backends.includes('azurerm')
    ? []
    : [`the state of ${environment} is a file on somebody's disk`];
}

/** Whoever creates subscriptions has the provider remove the rule they are born with. */
async function removesDefaultRules(directory: string, parsed: readonly HclBlock[]): Promise<readonly string[]> {
  const providers = parsed.flatMap((file) => blocks(named(file['provider'])['azurerm']));
  if (providers.length === 0 || !(await makesSubscriptions(directory))) return [];
  const removed = providers
    .flatMap(({ features }) => blocks(features))
    .flatMap(({ servicebus }) => blocks(servicebus))
    .some((servicebus) => servicebus['auto_delete_subscription_default_rule'] === true);
  return removed ? [] : ['the provider leaves $Default in new subscriptions, which lets everything through'];
}

async function makesSubscriptions(directory: string): Promise<boolean> {
  const parsed = await parseDirectory(directory);
  if (parsed.some((file) => 'azurerm_servicebus_subscription' in named(file['resource']))) return true;
  const sources = parsed
    .flatMap((file) => Object.values(named(file['module'])))
    .map(([body]) => join(directory, String(body?.['source'])));
  for (const source of sources) if (await makesSubscriptions(source)) return true;
  return false;
}
