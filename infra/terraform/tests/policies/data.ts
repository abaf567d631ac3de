import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, list, ofType, type Policies, type Policy, text, when } from './planned.ts';

/** What holds messages, orders or secrets. */
const HOLDS_DATA = ['azurerm_servicebus_namespace', 'azurerm_postgresql_flexible_server', 'azurerm_key_vault'];

const entitiesAreNotPartitioned: Policy = (plan) =>
  ofType(plan, 'azurerm_servicebus_queue', 'azurerm_servicebus_topic').flatMap(({ name, partitioning_enabled }) =>
    when(partitioning_enabled !== false, `${text(name)} is partitioned`),
  );

const namespaceIsLogged: Policy = (plan) => {
  const logged = ofType(plan, 'azurerm_monitor_diagnostic_setting')
    .filter(({ enabled_log }) => list(enabled_log).length > 0)
    .map(({ target_resource_id }) => text(target_resource_id));
  return ofType(plan, 'azurerm_servicebus_namespace').flatMap(({ name, id }) =>
    when(!logged.includes(text(id)), `${text(name)} logs nowhere`),
  );
};

/** More than the attempts that OrderFlow counts itself, so that its own dead letters come first, with their reason. */
const LEAST_DELIVERIES = 10;

/** Every queue that an app works on (all but the lab's, which is for trying things out) keeps what it cannot deliver. */
const queuesLoseNothing: Policy = (plan) => [
  ...ofType(plan, 'azurerm_servicebus_queue')
    .filter(({ name }) => name !== 'lab')
    .flatMap((queue) => [
      ...when(
        queue['dead_lettering_on_message_expiration'] !== true,
        `queue ${text(queue['name'])} drops what expires`,
      ),
      ...when(
        queue['requires_duplicate_detection'] !== true,
        `queue ${text(queue['name'])} takes the twin of a message`,
      ),
      ...when(
        !(Number(queue['max_delivery_count']) >= LEAST_DELIVERIES),
        `queue ${text(queue['name'])} gives up after ${text(queue['max_delivery_count'])} deliveries`,
      ),
    ]),
  ...ofType(plan, 'azurerm_servicebus_topic').flatMap(({ name, requires_duplicate_detection }) =>
    when(requires_duplicate_detection !== true, `topic ${text(name)} takes the twin of a message`),
  ),
];

const CONTRACTS = join(import.meta.dirname, '../../../../libs/contracts/src');

/** The types of every message of the contracts. */
const MESSAGES: ReadonlySet<string> = new Set(
  globSync('*.ts', { cwd: CONTRACTS }).flatMap((file) =>
    [...readFileSync(join(CONTRACTS, file), 'utf8').matchAll(/^\s*type: '([\w.-]+)',$/gm)].map(([, type = '']) => type),
  ),
);

/** A filter for a message that nobody sends lets nothing through, without a word. */
const filtersNameMessages: Policy = (plan) =>
  ofType(plan, 'azurerm_servicebus_subscription_rule').flatMap((rule) =>
    list(rule['correlation_filter'])
      .map(({ label }) => text(label))
      .filter((label) => !MESSAGES.has(label))
      .map((label) => `a filter waits for ${label}, which is no message of the contracts`),
  );

/** A subscription without a rule receives nothing, since its `$Default` is removed; what a filter cannot judge is kept. */
const subscriptionsLoseNothing: Policy = (plan) => {
  const ruled = ofType(plan, 'azurerm_servicebus_subscription_rule').map(({ subscription_id }) => subscription_id);
  const queues = ofType(plan, 'azurerm_servicebus_queue').map(({ name }) => name);
  return ofType(plan, 'azurerm_servicebus_subscription').flatMap((subscription) => {
    const name = text(subscription['name']);
    return [
      ...when(
        subscription['dead_lettering_on_filter_evaluation_error'] !== true,
        `subscription ${name} drops what its filter fails on`,
      ),
      ...when(subscription['dead_lettering_on_message_expiration'] !== true, `subscription ${name} drops what expires`),
      ...when(!ruled.includes(subscription['id'] ?? null), `subscription ${name} has no rule and receives nothing`),
      ...when(!queues.includes(subscription['forward_to'] ?? null), `subscription ${name} forwards into no queue`),
    ];
  });
};

/** A zone may go without an order being lost. */
const productionOutlivesAZone: Policy = (plan, environment) => {
  if (environment !== 'prod') return [];
  return [
    ...ofType(plan, 'azurerm_postgresql_flexible_server').flatMap((server) => [
      ...when(
        first(server['high_availability'])['mode'] !== 'ZoneRedundant',
        `${text(server['name'])} has no standby in another zone`,
      ),
      ...when(server['auto_grow_enabled'] !== true, `the disk of ${text(server['name'])} does not grow`),
      ...when(
        !(Number(server['backup_retention_days']) >= 30),
        `${text(server['name'])} keeps backups for ${text(server['backup_retention_days'])} days`,
      ),
      ...when(
        server['geo_redundant_backup_enabled'] !== true,
        `${text(server['name'])} has no backup in another region`,
      ),
    ]),
    ...ofType(plan, 'azurerm_container_app')
      .filter(({ name }) => name !== 'operations')
      .flatMap((app) => {
        const least = first(app['template'])['min_replicas'];
        return when(
          !(Number(least) >= 2),
          `${text(app['name'])} runs ${text(least)} replica at least: two outlive a zone`,
        );
      }),
    ...ofType(plan, 'azurerm_container_app_environment').flatMap(({ name, zone_redundancy_enabled }) =>
      when(zone_redundancy_enabled !== true, `${text(name)} runs in one zone`),
    ),
  ];
};

/** A lock in the state of what it locks is gone before the first deletion, and refuses changes of roles until then. */
const locksAreApart: Policy = (plan, environment) => {
  const locks = ofType(plan, 'azurerm_management_lock');
  if (environment === 'prod-locks') {
    const others = plan.resources.filter(({ type }) => type !== 'azurerm_management_lock');
    return [
      ...others.map(({ address }) => `${address} is in the state of the locks`),
      ...locks.flatMap(({ name, lock_level }) =>
        when(lock_level !== 'CanNotDelete', `lock ${text(name)} is ${text(lock_level)}`),
      ),
      ...when(locks.length === 0, 'nothing is locked'),
    ];
  }
  const offered = Object.values((plan.outputs['protected_ids'] ?? {}) as Readonly<Record<string, string>>);
  const forgotten = ofType(plan, ...HOLDS_DATA).filter(({ id }) => !offered.includes(text(id)));
  return [
    ...locks.map(({ name }) => `lock ${text(name)} is in the state of what it locks`),
    ...(environment === 'prod' ? forgotten.map(({ name }) => `${text(name)} is not offered to prod-locks`) : []),
  ];
};

/** A vault that was purged takes its secrets along; what is deleted by accident comes back. */
const vaultsComeBack: Policy = (plan, environment) =>
  environment === 'prod'
    ? ofType(plan, 'azurerm_key_vault').flatMap(({ name, purge_protection_enabled }) =>
        when(purge_protection_enabled !== true, `${text(name)} can be purged`),
      )
    : [];

/** Names that all of Azure shares end in something of one's own. */
const worldwideNamesAreUnique: Policy = (plan) =>
  ofType(plan, ...HOLDS_DATA).flatMap(({ name }) =>
    when(!/-[a-z0-9]{4}$/.test(text(name)), `${text(name)} has no suffix, and somebody may have that name`),
  );

export const DATA: Policies = {
  'queues and topic are not partitioned': entitiesAreNotPartitioned,
  'the namespace is logged': namespaceIsLogged,
  'queues lose nothing': queuesLoseNothing,
  'filters name messages': filtersNameMessages,
  'subscriptions lose nothing': subscriptionsLoseNothing,
  'production outlives a zone': productionOutlivesAZone,
  'locks have a state of their own': locksAreApart,
  'a deleted vault comes back': vaultsComeBack,
  'worldwide names are unique': worldwideNamesAreUnique,
};
